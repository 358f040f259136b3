"""What the differences between two detectors are worth, in the few words a table has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.report.verdict import ALIKE


@dataclass(frozen=True)
class Verdict:
    """What a difference is worth: in words and figures, and for whom it speaks, if for anybody."""

    word: str
    span: str
    winner: str | None = None


def verdict_of(told: Mapping[str, Any] | None, pair: Sequence[str]) -> Verdict | None:
    """Return in words what the difference of the first of a pair less the second is worth."""
    if told is None or told["difference"] is None:
        return None
    low, high = told["interval_95"]
    known = low is not None and high is not None
    if told["verdict"] == "cannot_tell":
        span = f"{pair[0]} {_signed(told['difference'])}"
        span += f" ({_signed(low)} to {_signed(high)})" if known else ""
        settle = told["images_to_settle"]
        return Verdict(
            "cannot tell", span if settle is None else f"{span}, about {settle:,} images would"
        )
    winner = pair[0] if told["verdict"] == "better" else pair[1]
    ends = sorted(map(abs, (low, high))) if known else []  # 0 is not between them
    span = f"by {abs(told['difference']):.3f}"
    span += f" ({ends[0]:.3f} to {ends[1]:.3f})" if known else ""
    return Verdict(f"{winner} better", span, winner)


def _signed(number: float) -> str:
    return f"{number:+.3f}".replace("-", "−")


def cost_ratio(names: Sequence[str], values: Sequence[float | None]) -> Verdict | None:
    """Return in words how two costs compare; whether more is better is not said."""
    known = [value for value in values if value]
    if len(values) != 2 or len(known) != 2:
        return None
    one, two = known
    ratio = max(one, two) / min(one, two)
    if ratio < ALIKE:
        return Verdict("", "about alike")
    shown = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
    return Verdict("", f"{names[0] if one > two else names[1]} {shown} times as much")
