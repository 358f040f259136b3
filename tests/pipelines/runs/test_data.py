from voc_files import write_image, write_xml

from pipelines.runs.data import read_checked
from pipelines.settings import RunSettings


def test_a_limit_that_leaves_val_no_object_takes_some_from_train_and_says_it(tmp_path, capsys):
    for split, count, objects in (("train", 20, 20), ("val", 20, 1), ("test", 4, 4)):
        for number in range(count):
            seed = 100 * len(split) + number
            write_image(tmp_path / split / f"{number}.png", seed=seed)
            boxes = [("cat", (11, 11, 30, 30))] * (number < objects)
            write_xml(tmp_path / split / f"{number}.xml", boxes)
    dataset = read_checked(RunSettings(dataset=str(tmp_path), limit=6))
    assert [len(dataset.splits[split]) for split in ("train", "val", "test")] == [4, 8, 4]
    assert sum(len(image.annotations) for image in dataset.splits["val"]) == 2
    assert "val split has no object to be found: 2 images" in capsys.readouterr().err


def test_pictures_of_the_sample_before_one_photograph_are_resampled_together():
    test = read_checked(RunSettings()).splits["test"]
    backgrounds = {(image.group, image.name.split("_", 2)[2]) for image in test}
    assert len(test) == 40
    assert len(backgrounds) == len({group for group, _ in backgrounds}) == 6
