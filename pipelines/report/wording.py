"""What a detector is called: everywhere with what it had seen before its training."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.contenders import label_of
from pipelines.training import Model

PRETRAINED = " (pre-trained)"


def called(name: str, model: Model | None) -> str:
    """Return the name to show for a detector, or for a run of it, whose model may be unknown."""
    return f"{name}{PRETRAINED}" if model is not None and model.pretrained_on else name


def display_name(name: str, model: Model | None) -> str:
    """Return what a detector is called in a sentence."""
    return called(label_of(name), model)


def left_out_sentences(left_out: Mapping[str, str]) -> list[str]:
    """Return of each contender that could not take part that it is left out, and why."""
    return [f"{name}: left out, {reason}" for name, reason in left_out.items()]
