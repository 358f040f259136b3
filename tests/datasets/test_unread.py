import json

import pytest
from set_files import write_csv_set, write_images
from voc_files import found_in

from datasets.annotations import DatasetError

VOTT = {"asset": {"name": "0.png"}, "regions": [{"tags": ["cat"]}], "version": "2.2.0"}
DATUMARO = {"info": {}, "categories": {"label": {}}, "items": [{"id": "0"}]}
CITYSCAPES = {"imgHeight": 40, "imgWidth": 60, "objects": [{"label": "car", "polygon": []}]}
BDD = [{"name": "0.png", "labels": [{"category": "car", "box2d": {"x1": 1}}]}]
SCALE = [{"task_id": "1", "response": {"annotations": []}, "params": {}}]
LABELBOX = [{"data_row": {"id": "x"}, "projects": {}}]


@pytest.mark.parametrize(
    ("name", "content", "title", "way_out"),
    [
        ("a-asset.json", VOTT, "VoTT", "Pascal VOC or CSV"),
        ("set.vott", {"name": "x"}, "VoTT", "Pascal VOC or CSV"),
        ("default.json", DATUMARO, "Datumaro", "datum convert"),
        ("0_gtFine_polygons.json", CITYSCAPES, "Cityscapes", "COCO"),
        ("det.json", BDD, "BDD100K", "to_coco"),
        ("tasks.json", SCALE, "Scale", "COCO"),
        ("export.json", LABELBOX, "Labelbox", "COCO"),
        ("metadata.jsonl", {"file_name": "0.png"}, "JSON lines", "COCO"),
        ("output.manifest", {"source-ref": "s3://x"}, "SageMaker", "COCO"),
        ("train.tfrecord", "", "TFRecord", "COCO"),
        ("train-0.parquet", "", "Parquet", "COCO"),
        ("digitStruct.mat", "", "MATLAB", "COCO"),
        ("Annotations.zip", "", "archive", "unpack"),
        ("faces.xml", "<?xml version='1.0'?>\n<dataset><images/></dataset>", "dlib", "COCO"),
        ("Label/0.txt", "Human body 7.0 18.0 37.0 47.0\n", "OIDv4", "filename,class"),
        ("labelTxt/0.txt", "1.0 2.0 9.0 2.0 9.0 8.0 1.0 8.0 plane 0\n", "DOTA", "outlines"),
        ("labelTxt/0.txt", "imagesource:GoogleEarth\ngsd:0.1\n", "DOTA", "outlines"),
        ("gt/gt.txt", "1,1,912,484,97,109,0,7,1\n", "MOTChallenge", "COCO"),
        ("label_02/0000.txt", "0 2 Van 0 0 -1.79 296.7 161.7 455.2" + " 1" * 8, "KITTI", "COCO"),
        ("wider_face.txt", "0--Parade/0_Parade_marchingband_1_849.jpg\n1\n", "WIDER FACE", "COCO"),
        ("Labels/0.txt", "2\n10 20 40 30\n1 2 9 8\n", "BBox-Label-Tool", "filename,class"),
        ("0.txt", "# PASCAL Annotation Version 1.00\n", "PASCAL annotations", "COCO"),
    ],
)
def test_a_format_that_is_not_read_is_named_with_the_way_out(
    tmp_path, name, content, title, way_out
):
    write_images(tmp_path, 1)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(DatasetError, match=f"{path.name} looks like .*{title}.*{way_out}"):
        found_in(tmp_path)


@pytest.mark.parametrize(
    ("header", "row", "lacks"),
    [
        ("image,xmin,ymin,xmax,ymax", "0.png,1,1,9,9", "the class, as class"),
        ("image_id,width,height,bbox,source", 'p0,60,40,"[1, 1, 8, 8]",x', "the class, as class"),
        ("class,xmin,ymin,xmax,ymax", "cat,1,1,9,9", "the image, as filename"),
        ("filename,class,xmin,ymin,xmax,width", "0.png,cat,1,1,9,9", "the box, as xmin"),
    ],
)
def test_a_table_is_told_which_column_it_lacks(tmp_path, header, row, lacks):
    with pytest.raises(DatasetError, match=rf"labels\.csv has no column for {lacks}"):
        found_in(write_csv_set(tmp_path, [row], header))


def test_a_table_without_header_of_no_known_form_is_told_so(tmp_path):
    write_csv_set(tmp_path, ["1.png,cat,1"], "0.png,cat,1")
    with pytest.raises(DatasetError, match=r"labels\.csv has no header"):
        found_in(tmp_path)


def test_tables_of_something_else_are_not_talked_of(tmp_path):
    write_csv_set(tmp_path, ["0.png,cat"], "filename,class")
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DatasetError, match=r"boxes may be in .*KITTI"):
        found_in(tmp_path)
