import numpy as np

from datasets.annotations import Annotations
from pipelines.detections import Detections
from pipelines.evaluation.costs import Judged
from pipelines.report.run_page import shown
from pipelines.report.run_page.shown import shown_places

BOX = [0.0, 0, 10, 10]


def places_of(objects, found, threshold=0.5):
    """Which images are shown that have so many objects, and so many wrong detections."""
    truth = [Annotations([BOX] * count, [0] * count) for count in objects]
    wrong = [Detections([[50, 50, 60, 60]] * n, [0.9] * n, [0] * n) for n in found]
    judged = {"mine": Judged.of(truth, wrong)}
    return shown_places(truth, {"mine": wrong}, judged, {"mine": threshold})


def test_few_images_are_all_shown():
    assert places_of([1] * 7, [0] * 7) == [*range(7)]
    assert places_of([], []) == []


def test_of_many_half_stand_evenly_and_half_have_the_most_mistakes(monkeypatch):
    monkeypatch.setattr(shown, "MOST_IMAGES", 8)
    mistakes = [0] * 80
    for place in (33, 34, 35, 79):
        mistakes[place] = 5
    assert places_of([1] * 80, mistakes) == [0, 20, 33, 34, 35, 40, 60, 79]


def test_crowded_images_are_fewer_and_one_is_shown_in_any_case(monkeypatch):
    monkeypatch.setattr(shown, "MOST_BOXES", 100)
    random = np.random.default_rng(0)
    objects = random.integers(0, 30, 200)
    places = places_of(objects, [0] * 200)
    assert 4 <= len(places) <= 8
    assert objects[places].sum() <= 100
    assert places_of([500, 600], [0, 0]) == [0]


def test_detections_below_the_operating_point_take_no_room(monkeypatch):
    monkeypatch.setattr(shown, "MOST_BOXES", 100)
    assert len(places_of([1] * 50, [100] * 50, threshold=0.95)) == 50
    assert len(places_of([1] * 50, [100] * 50)) == 1
