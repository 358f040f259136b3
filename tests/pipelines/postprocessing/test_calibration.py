import json

import numpy as np
import pytest

from datasets.annotations import Annotations
from pipelines.detections import LOWEST_SCORE, Detections
from pipelines.evaluation.matching import outcomes
from pipelines.evaluation.quality import score
from pipelines.evaluation.reliability import reliability
from pipelines.postprocessing.calibration import (
    CALIBRATION,
    LEAST,
    Calibration,
    fitted,
    load_calibration,
    save_calibration,
)
from pipelines.system.loading import LoadingError

PLACES = np.array([[20.0 * n, 0, 20 * n + 10, 10] for n in range(10)])
RISING = np.concatenate(
    [np.geomspace(1e-300, 1e-3, 50, endpoint=False), np.linspace(0.001, 1 - 1e-12, 3001)]
)


def images(count, chance, seed):
    """Truth and detections, ten an image; a detection of a score is right with that chance."""
    random = np.random.default_rng(seed)
    truth, found = [], []
    for scores in random.uniform(LOWEST_SCORE, 1, (count, 10)):
        right = random.random(10) < chance(scores)
        truth.append(Annotations(PLACES[right], np.zeros(right.sum(), int)))
        found.append(Detections(PLACES, scores, np.zeros(10, int)))
    return truth, found


def error(truth, found):
    return reliability(*outcomes(truth, found)).expected_error


def rescored(calibration, found):
    return [calibration.rescored(each) for each in found]


@pytest.mark.parametrize("chance", [lambda s: s**3, np.sqrt, lambda s: s / 2])
def test_scores_that_promise_too_much_or_little_become_probabilities_on_other_images(chance):
    calibration = fitted(*images(60, chance, seed=0))
    truth, found = images(200, chance, seed=1)
    assert error(truth, found) > 0.1
    assert error(truth, rescored(calibration, found)) < 0.06


def test_scores_that_are_probabilities_hardly_change():
    calibration = fitted(*images(200, lambda s: s, seed=0))
    np.testing.assert_allclose(calibration.of(RISING), RISING, atol=0.05)


def test_map_stays_as_it_was():
    truth, found = images(20, np.square, seed=0)
    calibration = fitted(truth, found)
    before, after = (
        score(truth, each, ("cat",)).map_50 for each in (found, rescored(calibration, found))
    )
    assert calibration.changes
    assert before == after


@pytest.mark.parametrize("slope", [0.05, 0.7, 3.0])
@pytest.mark.parametrize("offset", [-3.0, 0.0, 3.0])
def test_a_higher_score_stays_higher_and_all_stay_what_is_kept_for_map(slope, offset):
    calibrated = Calibration(slope, offset).of(RISING)
    # Beyond the last digit some are equal; none are where a detector's scores are.
    assert (np.diff(calibrated) >= 0).all()
    assert (np.diff(calibrated[(RISING >= LOWEST_SCORE) & (RISING < 0.99)]) > 0).all()
    assert calibrated.min() >= LOWEST_SCORE
    assert calibrated.max() <= 1


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_scores_of_0_and_1_have_a_calibrated_one_too(end):
    (calibrated,) = Calibration(2.0, 1.0).of(np.array([end]))
    assert calibrated == pytest.approx(max(end, LOWEST_SCORE))


def test_scores_before_calibration_are_found_again():
    calibration, scores = Calibration(1.7, -0.9), np.linspace(0.02, 0.999, 100)
    np.testing.assert_allclose(calibration.undone(calibration.of(scores)), scores, rtol=1e-9)
    assert (Calibration().undone(scores) == scores).all()


@pytest.mark.parametrize(
    ("truth", "found"),
    [
        ([], []),
        ([Annotations()], [Detections()]),
        ([Annotations(PLACES, np.zeros(10, int))], [Detections()]),
        ([Annotations()], [Detections(PLACES, np.linspace(0.1, 0.9, 10), np.zeros(10, int))]),
        images(1, np.square, seed=0),
        images(30, np.ones_like, seed=0),
        images(30, np.zeros_like, seed=0),
    ],
)
def test_with_too_little_to_learn_from_scores_stay_as_they_are_and_it_says_so(truth, found):
    calibration = fitted(truth, found)
    assert calibration.source.startswith(f"not calibrated, for want of {LEAST} of each")
    assert (calibration.of(RISING) == RISING).all()


def test_scores_that_mislead_are_flattened_but_never_turned_round():
    calibration = fitted(*images(60, lambda s: 1 - s, seed=0))
    assert (np.diff(calibration.of(np.linspace(0.01, 0.99, 99))) > 0).all()


def test_a_model_s_folder_remembers_its_calibration_and_one_without_leaves_scores_alone(tmp_path):
    assert load_calibration(tmp_path) == Calibration()
    save_calibration(made := Calibration(1.25, -0.5, "fitted to toys"), tmp_path)
    assert load_calibration(tmp_path) == made


@pytest.mark.parametrize("values", [{"slope": 0}, {"slope": -1}, {"offset": 1e9}, {"slope": "x"}])
def test_a_calibration_that_would_turn_scores_round_or_level_is_refused(tmp_path, values):
    (tmp_path / CALIBRATION).write_text(json.dumps(values))
    with pytest.raises(LoadingError, match="can't be loaded"):
        load_calibration(tmp_path)
