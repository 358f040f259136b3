"""What a detector is called: everywhere with what it had seen before its training; and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.contenders import label_of
from pipelines.evaluation.significance import Difference
from pipelines.evaluation.to_settle import ToSettle
from pipelines.training import Model

PRETRAINED = " (pre-trained)"


def called(name: str, model: Model | None) -> str:
    """Return the name to show for a detector, or for a run of it, whose model may be unknown."""
    return f"{name}{PRETRAINED}" if model is not None and model.pretrained_on else name


def display_name(name: str, model: Model | None) -> str:
    """Return what a detector is called in a sentence, with what it had seen."""
    return label_of(name, None if model is None else model.pretrained_on)


def listed(words: Sequence[str]) -> str:
    """Return one word or more as a sentence lists them."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def signed(number: float) -> str:
    """Return a difference with its sign."""
    return f"{number:+.3f}".replace("-", "−")


def settling(difference: Difference, noun: str = "") -> str:
    """Return what would tell two detectors apart, as "about 60 more would"; empty if not known.

    ``noun`` is what to call images where trainings are not spoken of.
    """
    images, trainings = difference.images_to_settle, difference.trainings_to_settle
    if trainings is None:
        if images is None:
            return ""
        alone = "; more trainings alone would not" if difference.trainings > 1 else ""
        return f"{_more(images)}{noun} would{alone}"
    again = f"{_more(trainings)} trainings of each"
    return f"{again} would" if images is None else f"{_more(images)} test images, or {again}, would"


def _more(settle: ToSettle) -> str:
    if settle.most is None:
        return f"at least {settle.fewest:,} more"
    if settle.most == settle.fewest:
        return f"about {settle.fewest:,} more"
    return f"about {settle.fewest:,} to {settle.most:,} more"


def capitalised(text: str) -> str:
    """Return the text with a capital letter, to begin a sentence."""
    return text[:1].upper() + text[1:]


def left_out_sentences(left_out: Mapping[str, str]) -> list[str]:
    """Return of each contender that could not take part that it is left out, and why."""
    return [f"{name}: left out, {reason}" for name, reason in left_out.items()]
