import pytest

from models.yolo.schedule import Plan, TrainingLength, default_updates, learning_rate
from models.yolo.settings import TransferSettings, YoloSettings


@pytest.mark.parametrize(("images", "updates"), [(1, 1200), (205, 5154), (20000, 50912)])
def test_updates_grow_with_the_root_of_the_images(images, updates):
    assert default_updates(images, YoloSettings()) == updates
    assert default_updates(images, TransferSettings()) < updates


def test_rate_rises_to_its_peak_and_falls_to_a_hundredth():
    rates = [learning_rate(u, u / 1000, 2e-3, 100) for u in range(1001)]
    assert rates[0] == pytest.approx(2e-5, rel=0.01)
    assert max(rates) == pytest.approx(2e-3, rel=0.03)
    assert rates[-1] == pytest.approx(2e-5)
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_epochs_are_turned_into_updates():
    plan = Plan.of(TrainingLength(epochs=4), 100, YoloSettings(batch=8), 0.0)
    assert len(list(plan.updates())) == 50


def test_validations_come_later_and_later_then_evenly_to_the_last_update():
    plan = Plan.of(
        TrainingLength(), 1, YoloSettings(updates=100, validations=5, early_validations=3), 0.0
    )
    so_far, at = 0, []
    for update in plan.updates():
        if plan.is_time_to_validate(update + 1, so_far):
            so_far += 1
            at.append(update + 1)
    assert at == [13, 25, 50, 60, 70, 80, 90, 100]


def test_mosaics_end_before_training_does():
    plan = Plan.of(TrainingLength(), 1, YoloSettings(updates=100, close_mosaic=0.2), 0.0)
    assert plan.allows_mosaic(79)
    assert not plan.allows_mosaic(80)


def test_by_the_clock_the_end_is_left_to_the_last_validation_and_the_files(monkeypatch):
    now = iter(range(10**6))
    monkeypatch.setattr("models.yolo.schedule.time.monotonic", lambda: next(now))
    plan = Plan.of(TrainingLength(minutes=1000 / 60), 1, YoloSettings(validations=2), 0.0)
    so_far = 0
    for update in plan.updates():
        rate = learning_rate(update, plan.progress(update), 1.0, 1)
        so_far += plan.is_time_to_validate(update + 1, so_far)
    assert 940 <= next(now) <= 960
    assert rate == pytest.approx(0.01, abs=0.001)
    assert so_far >= len(plan.moments) - 1
