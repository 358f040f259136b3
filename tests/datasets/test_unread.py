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
FIFTYONE_LABELS = {"classes": ["cat"], "labels": {"0": [{"bounding_box": [0, 0, 1, 1]}]}}
FIFTYONE_SAMPLES = {"samples": [{"filepath": "0.png", "ground_truth": {}}]}
RESULTS = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]
DARWIN = {"version": "2.0", "item": {"name": "0.png", "slots": []}, "annotations": [{"id": "x"}]}
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
        ("predictions.json", RESULTS, "results of a detector", "annotations"),
        ("default.json", {"dm_format_version": "1.0", "items": []}, "Datumaro", "datum convert"),
        ("labels.json", FIFTYONE_LABELS, "FiftyOne", "COCODetectionDataset"),
        ("samples.json", FIFTYONE_SAMPLES, "FiftyOne", "COCODetectionDataset"),
        ("0.json", DARWIN, "V7 Darwin", "COCO"),
        ("export.json", [{"ID": "x", "Labeled Data": "0.png"}], "Labelbox", "COCO"),
        ("boxes.json", '{"image": "0.png"}\n{"image": "1.png"}\n', "JSON lines", "COCO"),
        ("annotation_train.odgt", "{}", "CrowdHuman", "COCO"),
        ("train.geojson", "{}", "GeoJSON", "COCO"),
        ("train.tfrecord-00000-of-00010", "", "TFRecord", "COCO"),
        ("train.rec", "", "MXNet", "COCO"),
        ("annotations.pkl", "", "pickle", "COCO"),
        ("labels.xlsx", "", "workbook", "CSV"),
        ("Annotation/n02085620_7", "<annotation>\n</annotation>", "Pascal VOC", "xml"),
        ("labels/0.txt", "cat 0.5 0.5 0.25 1\n", "names in place of numbers", "classes.txt"),
        ("2007_train.txt", "/a b/0.png 1,2,30,40,0 5,6,7,8,1\n", "keras-yolo3", "CSV"),
        ("gt.txt", "00000.ppm;774;411;815;446;11\n", "GTSDB", "filename;class"),
        ("boxes.txt", "filename\tclass\txmin\tymin\txmax\tymax\n", "table of boxes", "csv"),
        ("annotations/0.txt", "684,8,273,116,1,4,0,0\n", "VisDrone", "COCO"),
        ("gt/gt_0.txt", "1,2,30,2,30,20,1,20,Exit, left\n", "ICDAR", "COCO"),
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


def test_what_is_of_no_known_tool_is_named_with_what_it_has(tmp_path):
    write_csv_set(tmp_path, ["0.png,1,0"], "filename,cat,dog")
    (tmp_path / "mine.json").write_text('{"0.png": [], "cls": 1}')
    (tmp_path / "0.txt").write_text("box=(1 2 30 40) cat\n")
    (tmp_path / "README.txt").write_text("Version 2 of 3 sets\n")
    parts = r"labels\.csv has no column.*mine\.json is JSON.*cls.*0\.txt is text.*\(1 2 30 40\)"
    with pytest.raises(DatasetError, match=parts) as refused:
        found_in(tmp_path)
    assert "README" not in str(refused.value)


@pytest.mark.parametrize("row", ["cat,1,2,30,20,0.png,60,40", '0.png 1 2 30 20 0 "cat"'])
def test_a_table_that_begins_with_a_row_of_data_lacks_a_header(tmp_path, row):
    with pytest.raises(DatasetError, match=r"labels\.csv has no header"):
        found_in(write_csv_set(tmp_path, [], row))


def test_a_table_of_two_columns_is_known_by_its_header(tmp_path):
    rows = ['0.png,"{""bbox"": [1, 2, 3, 4], ""categories"": [0, 1]}"']
    with pytest.raises(DatasetError, match=r"no column for the class.*it has file_name, objects"):
        found_in(write_csv_set(tmp_path, rows, "file_name,objects"))
