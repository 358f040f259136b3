import pytest
from set_files import write_csv_set
from voc_files import found_in

BY_NUMBER = "filename,class_id,xmin,ymin,xmax,ymax"
OPEN_IMAGES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsGroupOf"


def classes(folder, names, header=BY_NUMBER, **lists):
    rows = [f"{n}.png,{name},1,1,9,9" for n, name in enumerate(names)]
    if header == OPEN_IMAGES:
        rows = [f"{n},xclick,{name},1,0.1,0.5,0.1,0.5,0,0" for n, name in enumerate(names)]
    write_csv_set(folder, rows, header, count=len(names))
    for name, text in lists.items():
        (folder / name.replace("_", ".")).write_text(text)
    found, problems = found_in(folder)
    return found.classes, problems


@pytest.mark.parametrize(
    "lists",
    [
        {"classes_txt": "cat\ndog\n"},
        {"classes_csv": "cat,0\ndog,1\n"},
        {"signnames_csv": "ClassId,SignName\n0,cat\n1,dog\n2,cow\n"},
    ],
)
def test_numbers_get_the_names_of_a_list_beside(tmp_path, lists):
    found, problems = classes(tmp_path, ["1", "0", "01"], **lists)
    assert found == ("cat", "dog")
    assert any("names from" in problem for problem in problems)


@pytest.mark.parametrize(
    "lists",
    [
        {"classes_txt": "cat\n"},
        {"class-counts_csv": "cat,12\ndog,1\n"},
        {"class-sizes_csv": "class,width,height\n0,3,4\n1,3,4\n"},
    ],
)
def test_what_does_not_have_all_numbers_names_none(tmp_path, lists):
    found, problems = classes(tmp_path, ["0", "1"], **lists)
    assert found == ("0", "1")
    assert "classes are called by number; a classes.txt beside it names them" in problems


def test_names_are_not_taken_for_numbers(tmp_path):
    header = BY_NUMBER.replace("class_id", "class_id,class_name")
    write_csv_set(tmp_path, ["0.png,0,7 up,1,1,9,9", "1.png,1,0,1,1,9,9"], header, count=2)
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    assert found_in(tmp_path)[0].classes == ("0", "7 up")


def test_codes_of_open_images_get_their_descriptions(tmp_path):
    text = "/m/01bl7v,Boy\n/m/02p0tk3,Human body\n/m/04yx4,Man\n"
    (tmp_path / "class-descriptions-boxable.csv").write_text(text)
    found, problems = classes(tmp_path, ["/m/01bl7v", "/m/02p0tk3", "/m/0zzz"], OPEN_IMAGES)
    assert found == ("/m/0zzz", "Boy", "Human body")
    assert any("does not have /m/0zzz" in problem for problem in problems)


def test_codes_without_descriptions_are_kept_with_the_file_that_has_them(tmp_path):
    found, problems = classes(tmp_path, ["/m/01bl7v"], OPEN_IMAGES)
    assert found == ("/m/01bl7v",)
    assert any("class-descriptions-boxable.csv" in problem for problem in problems)
