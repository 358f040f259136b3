"""The data study on toy detectors whose accuracy is a given function of the number of images."""

import math
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import pytest

from datasets.annotations import Annotations
from datasets.progress import silently
from pipelines.detections import Detections
from pipelines.evaluation.undefined import plain
from pipelines.runs.cells import Cells
from pipelines.studies.common.figures import MeanPrecision, mean_precision
from pipelines.studies.data.plan import (
    PlannedTraining,
    SubsetResult,
    TrainingCosts,
    planned_trainings,
    sizes,
)
from pipelines.studies.data.schedule import measured
from pipelines.studies.data.study import concluded, draw

CLASSES = ("cat", "dog")
BOXES = np.array([[x, y, x + 8, y + 8] for x in range(0, 60, 12) for y in range(0, 60, 12)], float)
TRUTH = [Annotations(BOXES, np.arange(len(BOXES)) % 2) for _ in range(60)]
NAMES = ("classical", "yolo", "toy")
COSTS = TrainingCosts(160, dict.fromkeys(NAMES, 1.0), dict.fromkeys(NAMES, 0.0), {"yolo": 100})
UPDATES = {"classical": 0, "yolo": 50, "toy": 0}
SEEDS = (0, 1, 2)


def accuracy(planned):
    """The share of objects found: the curves of the first two cross at 100 images."""
    if planned.pipeline == "yolo":
        return max(0.9 - 4.0 * planned.images**-0.5, 0.0)
    return (0.6 if planned.pipeline == "classical" else 0.3) - 1.0 * planned.images**-0.5


def random_of(planned):
    return np.random.default_rng((planned.seed, planned.images, NAMES.index(planned.pipeline)))


def toy(planned):
    random = random_of(planned)
    found = []
    for truth in TRUTH:
        seen = random.random(len(truth)) < accuracy(planned)
        found.append(Detections(truth.boxes[seen], random.random(seen.sum()), truth.labels[seen]))
    return SubsetResult(mean_precision(TRUTH, found, CLASSES, seed=0))


def quick(planned, share=accuracy, **changes):
    """What a toy's figures would be, without the toy."""
    figure = share(planned)
    resampled = tuple((figure + random_of(planned).normal(0, 0.01, 100)).tolist())
    precision = MeanPrecision(figure, figure / 2, (math.nan, math.nan), resampled, 100)
    return SubsetResult(precision, **changes)


def wanted_of(names=NAMES[:2], seeds=SEEDS):
    return planned_trainings(sizes(160), seeds, {name: UPDATES[name] for name in names})


def studied(
    folder,
    measure=quick,
    seconds=math.inf,
    seeds=SEEDS,
    at_once=1,
    track=silently,
    names=NAMES[:2],
):
    cells = Cells(folder, seconds)
    wanted = wanted_of(names, seeds)
    with ThreadPoolExecutor(at_once) as pool:
        results = measured(wanted, measure, COSTS, cells, track, pool, at_once)
    assert list(results) == [planned for planned in wanted if planned in results]
    return concluded(names, results), cells


def test_a_toy_s_crossover_is_given_back(tmp_path):
    result, _ = studied(tmp_path, toy)
    assert len(result.cells) == 30
    (cross,) = result.crossovers.values()
    assert cross.better_below == "classical"
    assert cross.at == pytest.approx(100, rel=0.2)
    low, high = cross.interval_95
    assert 50 < low < 100 < high
    sentence = result.verdict.sentence
    assert sentence.startswith("Measured with 10 to 160 training images: below about")
    assert "the classical pipeline is ahead of YOLO below about" in sentence
    assert result.verdict.favours == "yolo"
    assert result.verdict.sureness.startswith("sure")
    curve = result.curves["yolo"]
    assert curve.low[-1] < curve.fitted[-1] < curve.high[-1]
    assert curve.fitted[-1] == pytest.approx(0.9 - 4 * 160**-0.5, abs=0.03)
    draw(result).canvas.draw()


def test_of_three_each_has_a_curve_and_every_two_a_crossover(tmp_path):
    result, _ = studied(tmp_path, names=NAMES)
    assert set(result.curves) == set(result.verdict.answers) == set(NAMES)
    crossings = result.crossovers
    assert set(crossings) == {
        "classical_against_yolo",
        "classical_against_toy",
        "yolo_against_toy",
    }
    assert crossings["classical_against_yolo"].at == pytest.approx(100, rel=0.1)
    assert math.isnan(crossings["classical_against_toy"].at)
    assert crossings["yolo_against_toy"].better_below == "toy"
    assert crossings["yolo_against_toy"].at == pytest.approx(25, rel=0.1)
    sentence = result.verdict.sentence
    assert (result.ahead[0].best, result.ahead[-1].best) == (("classical",), ("yolo",))
    assert "the classical pipeline is best, " in sentence
    assert "beyond that YOLO is best; " in sentence
    assert "pipeline is ahead of YOLO below about" in sentence
    assert "pipeline is ahead of toy from 10 to 160 in 100 %" in sentence
    assert "toy is ahead of YOLO below about" in sentence
    assert result.verdict.favours == "yolo"
    draw(result).canvas.draw()


def test_one_alone_has_a_curve_and_nothing_is_favoured(tmp_path):
    result, _ = studied(tmp_path, names=("toy",))
    assert set(result.curves) == {"toy"}
    assert result.crossovers == {}
    assert result.verdict.favours == "neither"
    assert "no other contender" in result.verdict.sentence
    assert result.verdict.answers["toy"].startswith("0.22")
    draw(result).canvas.draw()


def test_a_toy_that_is_always_better_has_no_crossover(tmp_path):
    result, _ = studied(tmp_path, lambda key: quick(key, lambda k: 0.9 if k.updates else 0.4))
    assert math.isnan(result.crossovers["classical_against_yolo"].at)
    assert "images: throughout YOLO is best; YOLO is ahead of" in result.verdict.sentence


def test_a_study_cut_off_goes_on_and_repeats_no_training(tmp_path):
    whole, _ = studied(tmp_path / "whole")
    made = []

    def dies(planned):
        if len(made) == 11:
            raise KeyboardInterrupt
        made.append(planned)
        return quick(planned)

    def goes_on(planned):
        assert planned not in made
        made.append(planned)
        return quick(planned)

    with pytest.raises(KeyboardInterrupt):
        studied(tmp_path / "cut", dies)
    resumed, _ = studied(tmp_path / "cut", goes_on)
    assert len(made) == 30
    assert plain(resumed) == plain(whole)


def test_until_the_first_training_ends_it_is_shown_how_long_all_may_take(tmp_path):
    wanted = wanted_of()
    shown = []

    def watched(items, description, total):
        shown.append((description(), total))
        return items

    studied(tmp_path / "all", track=watched)
    minutes = math.ceil(sum(map(COSTS.expected, wanted)) / 60)
    assert shown[-1] == (f"data: trainings, up to {minutes} min", 30)
    studied(tmp_path / "all", track=watched)
    assert shown[-1] == ("data: trainings, up to 0 min", 0)
    for planned in wanted[:4]:
        Cells(tmp_path / "some").keep(planned.name, 60.0, quick(planned))
    studied(tmp_path / "some", seconds=4 * 60 + 301.0, track=watched)
    assert shown[-1] == ("data: trainings, up to 6 min", 26)


def test_side_by_side_they_give_the_same_as_one_by_one(tmp_path):
    one_by_one, _ = studied(tmp_path / "one")
    met = threading.Barrier(2, timeout=20)

    def meets(planned):
        met.wait()  # breaks unless two are at it
        return quick(planned)

    result, cells = studied(tmp_path / "two", meets, at_once=2)
    assert plain(result) == plain(one_by_one)
    assert cells.spent > 0


def test_a_training_beside_another_counts_with_half_of_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.runs.side_by_side._timed", lambda work, key: (8, work(key)))
    _, cells = studied(tmp_path / "one", at_once=1)
    assert cells.spent == 30 * 8
    _, cells = studied(tmp_path / "two", at_once=2)
    assert cells.spent == 30 * 4


def test_what_was_kept_counts_as_time_gone_whichever_came_first(tmp_path):
    cells = Cells(tmp_path)
    last = PlannedTraining("yolo", 160, 2, 50)
    cells.keep(last.name, 100.0, quick(last))
    result, cells = studied(tmp_path, seconds=100.1)
    assert [(row.pipeline, row.images, row.seed) for row in result.cells] == [("yolo", 160, 2)]
    assert len(cells.left_out) == 29


def test_undertrained_ones_are_left_out_and_counted(tmp_path):
    def measure(planned):
        return quick(planned, undertrained=planned.pipeline == "yolo" and planned.images >= 80)

    result, _ = studied(tmp_path, measure)
    assert result.undertrained == 6
    assert result.curves["yolo"].images[-1] == pytest.approx(40)
    assert result.curves["classical"].images[-1] == pytest.approx(160)
    assert "with 40 images" in result.verdict.question
    assert "6 of 15 trainings of YOLO" in result.verdict.sentence
    assert (result.ahead[0].start, result.ahead[-1].end) == (10, 40)


def test_nothing_is_said_of_fewer_images_than_one_was_measured_with(tmp_path):
    def measure(planned):
        return quick(planned, undertrained=planned.pipeline == "yolo" and planned.images <= 20)

    result, _ = studied(tmp_path, measure, names=NAMES)
    assert (result.ahead[0].start, result.ahead[-1].end) == (40, 160)
    assert math.isnan(result.crossovers["yolo_against_toy"].at)  # they would cross at 25
    assert "YOLO is ahead of toy from 40 to 160" in result.verdict.sentence
    assert "pipeline is ahead of toy from 10 to 160" in result.verdict.sentence


def test_where_one_has_too_few_trainings_left_the_others_still_cross(tmp_path):
    def measure(planned):
        return quick(planned, undertrained=planned.pipeline == "yolo")

    few, _ = studied(tmp_path / "two", measure)
    assert few.crossovers == {}
    assert few.verdict.favours == "neither"
    assert few.verdict.sentence.startswith("15 of 15 trainings of YOLO had not levelled off")
    assert "--budget-minutes" in few.verdict.sentence
    assert few.verdict.answers["yolo"].endswith("(no curve)")
    draw(few).canvas.draw()
    few, _ = studied(tmp_path / "three", measure, names=NAMES)
    assert list(few.crossovers) == ["classical_against_toy"]
    assert few.verdict.sentence.startswith("Of the classical pipeline and toy alone, measured")
    assert few.verdict.favours == "neither"


def test_sizes_trained_once_are_remarked(tmp_path):
    result, _ = studied(tmp_path / "one", seeds=(0,))
    assert "trained once, intervals hold the sampling error" in result.verdict.sentence
    assert "images, roughly between" in result.verdict.sentence
    result, _ = studied(tmp_path / "three")
    assert "trained once" not in result.verdict.sentence
    assert "images, 95 % between" in result.verdict.sentence


def test_what_does_not_fit_into_the_time_is_left_out(tmp_path):
    expected = sum(map(COSTS.expected, wanted_of()))
    result, _ = studied(tmp_path, seconds=expected / 10)  # toys take no time: all but dear ones
    assert len(result.cells) == 30
    nothing, cells = studied(tmp_path / "none", seconds=-1.0)
    assert len(cells.left_out) == 30
    assert nothing.cells == ()
    assert set(nothing.verdict.answers.values()) == {"not measured"}


def test_results_come_back_from_their_file_as_they_were(tmp_path):
    made = quick(PlannedTraining("toy", 10, 0), late_gain=0.25)
    Cells(tmp_path).keep("a", 1.0, made)
    kept = Cells(tmp_path).kept("a", SubsetResult)
    assert np.isnan(kept.precision.interval_95).all()
    assert msgspec.json.encode(kept) == msgspec.json.encode(made)
