"""The comparison of pre-trained with random weights: what it measures, on which images."""

import pytest
from voc_files import write_set

from datasets.errors import UserError
from datasets.progress import silently
from datasets.reading import read_dataset
from scripts.measure import transfer


def test_a_cell_has_a_set_a_number_of_images_and_minutes():
    cell = transfer.cell("data/cards=50,4.5")
    assert (cell.dataset, cell.images, cell.minutes) == ("data/cards", 50, 4.5)
    assert cell.name == "cards-50-4.5"


def test_a_part_of_a_set_keeps_its_validation_and_test_splits(tmp_path):
    source, part = tmp_path / "set", tmp_path / "part"
    write_set(source, 40, [("cat", (5, 5, 30, 30)), ("dog", (20, 10, 55, 38))])
    transfer.write_part(transfer.MeasuredCell(str(source), 9, 1.0), part, seed=0)
    whole, made = (read_dataset(folder, "auto", silently) for folder in (source, part))
    assert len(made.splits["train"]) == 9
    for split in ("val", "test"):
        assert len(made.splits[split]) == len(whole.splits[split]) > 0


def test_random_weights_are_those_of_the_same_network():
    arguments = transfer.OPTIONS.parse_args(["--weights", "w.h5", "--cell", "set=0,1"])
    (cell,) = arguments.cell
    random, pretrained = (
        transfer.settings_of(name, cell, "part", arguments) for name in ("random", "transfer")
    )
    assert random.pipelines == pretrained.pipelines == ("transfer",)
    assert random.transfer.pretrained_on is None
    assert pretrained.transfer.pretrained_on == "w.h5"
    with pytest.raises(UserError, match="yolo"):
        transfer.settings_of("another", cell, "part", arguments)
