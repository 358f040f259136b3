"""A part of the sample, and a classical detector trained on it in a moment."""

from dataclasses import replace

import pytest

from datasets.progress import silently


@pytest.fixture(scope="session")
def small_sample(sample_dataset):
    """A few images a split of the sample."""
    return replace(
        sample_dataset,
        splits={split: images[:8] for split, images in sample_dataset.splits.items()},
    )


@pytest.fixture(scope="session")
def classical(small_sample):
    from models.classical.settings import ClassicalSettings
    from pipelines.classical.training import train_classical

    settings = ClassicalSettings(
        proposals=80, grabcut_sizes=(64,), window_shapes=4, moved_copies=2, mining_rounds=0
    )
    figures = []
    detector = train_classical(
        small_sample.splits["train"],
        small_sample.splits["val"],
        small_sample.classes,
        settings,
        0,
        silently,
        threads=2,
        on_validation=figures.append,
    )
    assert len(figures) >= 3  # after a first round, other strengths and regression
    return detector
