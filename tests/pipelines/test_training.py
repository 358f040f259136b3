from math import nan

from pipelines.training import Validation, unchosen


def test_a_training_that_no_validation_figure_could_choose_in_says_what_was_kept():
    nothing = [Validation(1.0, nan), Validation(2.0, nan)]
    reasons = unchosen(nothing, "the last weights")
    assert reasons["choice"].startswith("the last weights: ")
    assert "val split has no object" in reasons["choice"]


def test_a_training_with_figures_or_without_validations_needs_no_such_reason():
    assert unchosen([Validation(1.0, 0.0), Validation(2.0, 0.1)], "the last weights") == {}
    assert unchosen([], "the last weights") == {}
