import pytest

from pipelines.studies.conditions.corruptions import CONDITIONS
from pipelines.studies.conditions.flips import Flip, flips
from pipelines.studies.conditions.judging import Comparison
from pipelines.studies.conditions.sentences import flip_clauses

NOISE = [each for each in CONDITIONS if each.corruption.name == "gaussian_noise"]
PAIR = ("classical", "yolo")


def found(**ahead):
    """Flips where those are ahead: on clean images and from severity 1 to 5 of noise."""
    names = {"clean": "clean", "one": "gaussian_noise-1", "three": "gaussian_noise-3"}
    names["five"] = "gaussian_noise-5"
    rows = [Comparison(*PAIR, names[key], 0.0, (0.0, 0.0), who) for key, who in ahead.items()]
    return flips(rows, NOISE, [PAIR])


@pytest.mark.parametrize(
    ("ahead", "since"),
    [
        (("yolo", "classical", "classical", "classical"), 1),
        (("yolo", "yolo", "classical", "classical"), 3),
        (("yolo", "neither", "neither", "classical"), 5),
        (("yolo", "classical", "yolo", "classical"), 5),  # once is not from there on
    ],
)
def test_a_flip_begins_where_the_other_is_ahead_to_the_worst(ahead, since):
    given = dict(zip(("clean", "one", "three", "five"), ahead, strict=True))
    assert found(**given) == (Flip("gaussian_noise", since, "classical", "yolo", "yolo"),)


@pytest.mark.parametrize(
    "ahead",
    [
        ("yolo", "yolo", "yolo", "yolo"),
        ("yolo", "yolo", "neither", "neither"),  # a lead that is lost
        ("yolo", "classical", "classical", "neither"),
        ("neither", "neither", "neither", "neither"),
    ],
)
def test_what_is_not_sure_to_the_worst_is_no_flip(ahead):
    assert found(**dict(zip(("clean", "one", "three", "five"), ahead, strict=True))) == ()


def test_only_severities_that_were_measured_count():
    rows = [
        Comparison(*PAIR, "clean", 0.1, (0.0, 0.2), "classical"),
        Comparison(*PAIR, "gaussian_noise-3", -0.1, (-0.2, 0.0), "yolo"),
    ]
    middle = [each for each in NOISE if each.severity == 3]
    (flip,) = flips(rows, middle, [PAIR])
    assert (flip.severity, flip.ahead) == (3, "yolo")


def test_flips_are_told_in_one_sentence_each():
    first = Flip("gaussian_noise", 3, "classical", "yolo", "yolo")
    unsure = Flip("jpeg", 5, "classical", "yolo", "neither")
    turned, gained = flip_clauses(
        [first, Flip("darkness", 5, "classical", "yolo", "yolo"), unsure], "corrected"
    )
    assert turned == (
        "YOLO is ahead on clean images, the classical pipeline from noise 3 and darkness 5 on, "
        "corrected"
    )
    assert gained.startswith("no difference is seen on clean images between the classical pip")
    assert "ahead is the classical pipeline from JPEG 5 on" in gained
