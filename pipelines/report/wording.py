"""What a pipeline is called: what had seen other images before its training says so everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRETRAINED = " (pre-trained)"


def called(name: str, told: Mapping[str, Any] | None) -> str:
    """Return the name to show for a pipeline, or for a run of it.

    Args:
        name: of the pipeline or the run.
        told: the pipeline's part of ``metrics.json``, None where there is none.
    """
    model = (told or {}).get("model") or {}
    return f"{name}{PRETRAINED}" if model.get("pretrained_on") else name
