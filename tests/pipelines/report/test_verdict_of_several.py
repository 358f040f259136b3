import re
from itertools import combinations, permutations, product

import pytest
from made_metrics import compared, run

from pipelines.report.verdict import verdict_sentence

ONCE = " Another training is not in these intervals."
NAMES = ("classical", "yolo", "transfer")
COSTS = {"classical": (100.0, 40.0), "yolo": (6.0, 500.0), "transfer": (12.0, 300.0)}
LABELS = {"classical": "the classical pipeline", "yolo": "YOLO", "transfer": "transfer"}
SCORES = (0.9, 0.8, 0.7, 0.6)


def verdict(order, sure, costs=COSTS, settle=None, **more):
    """What is said of detectors in an order, those pairs of places in it being surely apart."""
    comparison = {}
    for a, b in combinations(sorted(order, key=[*NAMES, *order].index), 2):
        places = order.index(a), order.index(b)
        difference = SCORES[places[0]] - SCORES[places[1]]
        word = "better" if difference > 0 else "worse"
        if tuple(sorted(places)) not in sure:
            word = "cannot_tell"
        given = (difference, difference - 0.2, difference + 0.2, word, settle)
        comparison[f"{a}_minus_{b}"] = compared(*given)
    given = {n: (SCORES[order.index(n)], *costs.get(n, ()), *more.get(n, ())) for n in order}
    text = verdict_sentence(run(comparison, **given))
    assert text.endswith(ONCE)
    return text.removesuffix(ONCE)


PAIRS = ((0, 1), (0, 2), (1, 2))
PATTERNS = [
    {pair for pair, apart in zip(PAIRS, each, strict=True) if apart}
    for each in product((True, False), repeat=3)
]


def fastest(names, cost):
    return min(names, key=lambda name: COSTS[name][cost])


@pytest.mark.parametrize("order", list(permutations(NAMES)))
@pytest.mark.parametrize("sure", PATTERNS)
def test_of_three_the_best_those_alike_and_those_behind_are_named(order, sure):
    first, second, third = (LABELS[name] for name in order)
    text = verdict(order, sure).lower()
    a, b, c = (name.lower() for name in (first, second, third))
    alike = [name for place, name in enumerate(order) if not place or (0, place) not in sure]
    if len(alike) == 1:
        assert text.startswith(f"{a} finds the objects in these images better than {b} and {c}:")
        assert "0.900, theirs 0.800 and 0.700 (72 test images)" in text
        assert (f"{b} in turn is better than {c}" in text) == ((1, 2) in sure)
        assert (f"{b} and {c} cannot be told apart" in text) == ((1, 2) not in sure)
        assert f"compared with {b}, {a} " in text
        alike = []
    elif len(alike) == 2:
        near, behind = (b, c) if (0, 2) in sure else (c, b)
        assert text.startswith(f"these 72 test images cannot tell whether {a} or {near} finds more")
        both = (1, 2) in sure and near == b
        who = "both are" if both else f"only {a} is surely"
        assert f"; {who} better than {behind} (0." in text
    else:
        which = f"which of {a}, {b} and {c} finds most (map@.50 0.900, 0.800 and 0.700)"
        assert text.startswith(f"these 72 test images cannot tell {which}")
        assert (f"{b} is better than {c}" in text) == ((1, 2) in sure)
    for cost, verb in enumerate(("answers", "trains")):
        before = rf"(\w+)(?: answers [\w. ()]+ and)? {verb}"
        said = re.search(rf"{before} [\d.]+( to [\d.]+)? times", text)
        if alike:
            assert LABELS[fastest(alike, cost)].lower().endswith(said[1])
    assert text.count(". ") == 1
    assert len(text) < 350


@pytest.mark.parametrize(
    ("order", "sure", "sentence"),
    [
        (
            ("transfer", "yolo", "classical"),
            PATTERNS[0],
            "Transfer (pre-trained on ImageNet) finds the objects in these images better than YOLO "
            "and the classical pipeline: its mAP@.50 is 0.900, theirs 0.800 and 0.700 (72 test "
            "images). YOLO in turn is better than the classical pipeline; compared with YOLO, "
            "transfer takes 2 times as long an image (timed in turns) but trains 1.7 times as "
            "fast.",
        ),
        (
            ("transfer", "yolo", "classical"),
            {(0, 2), (1, 2)},
            "These 72 test images cannot tell whether transfer (pre-trained on ImageNet) or YOLO "
            "finds more (mAP@.50 0.900 and 0.800; at least 60 more would); both are better than "
            "the classical pipeline (0.700). Of the two, YOLO answers 2 times as fast (timed in "
            "turns) and transfer trains 1.7 times as fast.",
        ),
        (
            ("yolo", "transfer", "classical"),
            {(0, 2)},
            "These 72 test images cannot tell whether YOLO or transfer (pre-trained on ImageNet) "
            "finds more (mAP@.50 0.900 and 0.800; at least 60 more would); only YOLO is surely "
            "better than the classical pipeline (0.700). Of the two, YOLO answers 2 times as fast "
            "(timed in turns) and transfer trains 1.7 times as fast.",
        ),
        (
            ("classical", "yolo", "transfer"),
            set(),
            "These 72 test images cannot tell which of the classical pipeline, YOLO and transfer "
            "(pre-trained on ImageNet) finds most (mAP@.50 0.900, 0.800 and 0.700). Of these, YOLO "
            "answers 2 to 17 times as fast as the others (timed in turns) and the classical "
            "pipeline trains 7.5 to 12 times as fast as the others.",
        ),
        (
            ("classical", "yolo", "transfer"),
            {(0, 1), (0, 2)},
            "The classical pipeline finds the objects in these images better than YOLO and "
            "transfer (pre-trained on ImageNet): its mAP@.50 is 0.900, theirs 0.800 and 0.700 (72 "
            "test images). YOLO and transfer cannot be told apart; compared with YOLO, the "
            "classical pipeline takes 17 times as long an image (timed in turns) but trains 12 "
            "times as fast.",
        ),
    ],
)
def test_the_whole_verdict_on_three(order, sure, sentence):
    assert verdict(order, sure, settle=(60, None), transfer=(4.0, "ImageNet")) == sentence


def test_times_that_all_have_alike_or_one_lacks_are_not_compared():
    order = ("yolo", "classical", "mine")
    lacking = verdict(order, set(), {name: COSTS[name] for name in order[:2]})
    alike = verdict(order, set(), dict.fromkeys(order, (5.0, 60.0)))
    assert lacking == alike
    assert alike.endswith("finds most (mAP@.50 0.900, 0.800 and 0.700).")


def test_two_that_are_alike_fast_are_both_named():
    costs = {"classical": (100.0, 40.0), "yolo": (6.0, 40.0), "transfer": (6.3, 80.0)}
    text = verdict(("transfer", "yolo", "classical"), set(), costs)
    assert "transfer and YOLO answer faster than the classical pipeline" in text
    assert "YOLO and the classical pipeline train faster than transfer" in text


def test_four_are_named_with_who_is_ahead_of_whom():
    order = ("transfer", "yolo", "mine", "classical")
    ahead = verdict(order, {(0, 1), (0, 2), (0, 3), (1, 3)}, {})
    assert "better than YOLO, mine and the classical pipeline" in ahead
    assert ahead.endswith(" YOLO and mine cannot be told apart.")
    draw = verdict(order, {(0, 3), (1, 3), (0, 2)}, {})
    assert "whether transfer or YOLO finds more (mAP@.50 0.900 and 0.800)" in draw
    assert draw.endswith(
        "; only transfer is surely better than mine and the classical pipeline (0.700 and 0.600)."
    )
