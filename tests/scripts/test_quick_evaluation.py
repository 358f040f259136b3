"""CI's evaluation on the sample set means something: labels without sense miss its thresholds."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from datasets.images import pixels_of
from datasets.reading import read_dataset
from pipelines.benchmark.train import train
from pipelines.contenders import contender
from pipelines.evaluation.quality import score
from pipelines.settings import RunSettings, quickened
from pipelines.system import runtime

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"(?<=<name>)[^<]*(?=</name>)")


def shuffle_training_labels(folder):
    """Give every training object the label of another one, drawn at random."""
    stems = (folder / "ImageSets" / "Main" / "train.txt").read_text().split()
    paths = [folder / "Annotations" / f"{stem}.xml" for stem in stems]
    texts = [path.read_text() for path in paths]
    names = [name for text in texts for name in NAME.findall(text)]
    mixed = iter(np.random.default_rng(0).permutation(names).tolist())
    for path, text in zip(paths, texts, strict=True):
        path.write_text(NAME.sub(lambda _: next(mixed), text))
    return names


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory):
    from datasets.sample.store import sample_folder

    folder = tmp_path_factory.mktemp("sets") / "shuffled"
    shutil.copytree(sample_folder(), folder)
    assert len(set(shuffle_training_labels(folder))) == 6
    return read_dataset(folder)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["classical", "yolo"])
def test_shuffled_training_labels_miss_the_threshold_of_ci(name, shuffled, tmp_path):
    wanted = dict(re.findall(r"(\w+)\.map_50=([\d.]+)", (ROOT / ".ci" / "run").read_text()))
    assert wanted.keys() == {"classical", "yolo"}
    train(name, shuffled, quickened(RunSettings()), tmp_path)
    detector = contender(name).load(tmp_path, runtime.choose_device("cpu"), 2)
    test = shuffled.splits["test"]
    found = [detector.detect(pixels_of(image)) for image in test]
    truth = [image.annotations for image in test]
    reached = score(truth, found, shuffled.classes).map_50
    assert 0 < reached < float(wanted[name])
