from dataclasses import replace

from datasets.annotations import Annotations
from datasets.progress import silently
from models.classical.settings import ClassicalSettings
from pipelines.classical import mining
from pipelines.classical.contender import train
from pipelines.classical.storage import load_classical
from pipelines.settings import RunSettings
from pipelines.training import TrainingJob

QUICK = ClassicalSettings(
    proposals=80, grabcut_sizes=(64,), window_shapes=4, moved_copies=2, mining_rounds=1
)


def test_without_an_object_in_validation_the_last_round_is_kept_and_it_is_said(
    small_sample, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(mining, "FIRST_BACKGROUND", 100)  # so that there is more to be mined
    val = tuple(replace(image, annotations=Annotations()) for image in small_sample.splits["val"])
    dataset = replace(small_sample, splits={**small_sample.splits, "val": val})
    job = TrainingJob(dataset, RunSettings(classical=QUICK), tmp_path, 1, silently)
    training = train(job).training
    assert [step.kept for step in training.rounds] == [False, True]
    assert training.rounds[1].mined > 0
    assert "the last round" in training.reasons["choice"]
    assert "no object to be found" in capsys.readouterr().err
    settings = load_classical(tmp_path).settings
    assert (settings.c, settings.regression) == (QUICK.c, QUICK.regression)
