import pytest

from scripts.measure import millions
from scripts.measure.common import Cost


def test_parts_are_measured_at_each_size_and_what_lies_beyond_is_extrapolated(capsys):
    millions.main(["--sizes", "20", "60", "--parts", "near-copies", "scoring"])
    printed = capsys.readouterr().out
    for part in ("near-copies", "scoring"):
        for size in (20, 60):
            assert f"{part}, {size} images: " in printed
    assert "reading" not in printed
    assert "10,000,000" in printed.replace("\n", "")


def test_a_part_that_is_not_known_is_refused(capsys):
    assert millions.main(["--parts", "cooking"]) == 2
    assert "known are reading" in capsys.readouterr().err


def test_growth_is_of_the_two_largest_sizes_and_less_than_linear_is_taken_for_linear():
    linear = {10: Cost(5, 5, 100), 1000: Cost(1, 1, 200), 10_000: Cost(10, 10, 290)}
    assert millions.growth(linear) == pytest.approx(1)
    assert millions.row("part", linear)[-1] == "2.78 h, 97.8 GiB"
    square = {100: Cost(1, 1, 100), 1000: Cost(100, 100, 100)}
    assert millions.growth(square) == pytest.approx(2)
    assert millions.row("part", square)[-1] == "115,741 days, 100 MiB"
    less = {100: Cost(1, 1, 100), 10_000: Cost(10, 10, 100)}
    assert millions.growth(less) == pytest.approx(0.5)
    assert millions.row("part", less)[-1] == "2.78 h, 100 MiB"
    assert millions.growth({100: Cost(1, 1, 1)}) == 1
