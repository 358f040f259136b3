"""What a run has shown, in one sentence: which detector is better here, how surely, at what price.

The rule: the paired difference in mAP@.50 decides, and only where its 95 % interval leaves out 0.
Times are put beside it, never added up with it: what a second is worth is the reader's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.report.wording import called

ALIKE = 1.15  # times that differ by less are called alike: another run would differ as much
FIGURE = "map_50"


def display_name(pipeline: str, told: Mapping[str, Any] | None) -> str:
    """Return what a pipeline is called in a sentence; see `called`."""
    return called("YOLO" if pipeline == "yolo" else pipeline, told)


def verdict_sentence(metrics: Mapping[str, Any]) -> str:
    """Return the sentence a report begins with.

    Args:
        metrics: as ``metrics.json`` has it.
    """
    pipelines: Mapping[str, Any] = metrics["pipelines"]
    images = metrics["dataset"]["splits"]["test"]["images"]
    known = {
        name: each["quality"][FIGURE]
        for name, each in pipelines.items()
        if each["quality"][FIGURE] is not None
    }
    if not known:
        return f"Nothing can be said: the {images} test images have no object to be found."
    if len(known) == 1:
        ((name, value),) = known.items()
        span = _span(pipelines[name]["quality"]["interval_95"].get(FIGURE))
        return (
            f"{_begun(display_name(name, pipelines[name]))} reaches an mAP@.50 of {value:.3f} "
            f"({span}{images} test images); it was compared with no other."
        )
    best, *others = sorted(known, key=lambda name: -known[name])
    told = {other: _pair(metrics["comparison"], best, other) for other in others}
    if len(others) == 1:
        (other,) = others
        return _of_two(pipelines, best, other, told[other], images)
    names = {name: display_name(name, pipelines[name]) for name in known}
    return _of_many(names, best, known[best], told, images)


def _of_two(
    pipelines: Mapping[str, Any], best: str, other: str, told: Mapping[str, Any], images: int
) -> str:
    first, second = (display_name(name, pipelines[name]) for name in (best, other))
    more, span = abs(told["difference"]), _span(told["interval_95"])
    price = _price(pipelines[best], pipelines[other])
    if told["verdict"] == "cannot_tell":
        settle = told["images_to_settle"]
        about = "" if settle is None else f"; about {settle:,} would"
        said = (
            f"These {images} test images cannot tell whether {first} or {second} finds more: "
            f"{first} is {more:.3f} ahead in mAP@.50 ({span.removesuffix(', ')}){about}"
        )
        return f"{said}; {first} {price}." if price else f"{said}."
    said = (
        f"{_begun(first)} finds the objects in these images better than {second}: its mAP@.50 is "
        f"{more:.3f} higher ({span}{images} test images)"
    )
    return f"{said}; it {price}." if price else f"{said}."


def _of_many(
    names: Mapping[str, str], best: str, value: float, told: Mapping[str, Any], images: int
) -> str:
    beaten = [names[name] for name, each in told.items() if each["verdict"] == "better"]
    near = [names[name] for name, each in told.items() if each["verdict"] != "better"]
    said = f"{_begun(names[best])} has the highest mAP@.50, {value:.3f} on {images} test images"
    parts = []
    if beaten:
        parts.append(f"better than {_and(beaten)} by more than luck")
    if near:
        parts.append(f"not to be told from {_and(near)}")
    return f"{said}: {', but '.join(parts)}."


def _pair(comparison: Mapping[str, Any], best: str, other: str) -> dict[str, Any]:
    """Return the difference of the two, turned so that it is the better one's."""
    straight = comparison.get(f"{best}_minus_{other}")
    if straight is not None:
        return dict(straight[FIGURE])
    turned = dict(comparison[f"{other}_minus_{best}"][FIGURE])
    low, high = turned["interval_95"]
    known = low is not None and high is not None
    turned["difference"] = -turned["difference"]
    turned["interval_95"] = [-high, -low] if known else [None, None]
    opposite = {"better": "worse", "worse": "better"}
    turned["verdict"] = opposite.get(turned["verdict"], turned["verdict"])
    return turned


def _price(subject: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return how the first's times compare with the second's, as far as both are known."""
    said: dict[str, bool] = {}
    for group, figure, faster, slower in (
        ("latency_ms", "p50", "answers {} times as fast", "takes {} times as long an image"),
        ("training", "seconds", "trains {} times as fast", "trains {} times as long"),
    ):
        one, two = ((each[group] or {}).get(figure) for each in (subject, other))
        if not one or not two:
            continue
        if max(one, two) / min(one, two) >= ALIKE:
            said[(faster if one < two else slower).format(_ratio(one, two))] = one < two
    return (" and " if len(set(said.values())) == 1 else " but ").join(said)


def _ratio(one: float, two: float) -> str:
    ratio = max(one, two) / min(one, two)
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}".removesuffix(".0")


def _span(interval: Any) -> str:
    low, high = interval or (None, None)
    if low is None or high is None:
        return ""
    low, high = sorted((low, high))
    return f"95 % {low:.3f} to {high:.3f}, "


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _begun(word: str) -> str:
    """Return the word with a capital letter, to begin a sentence."""
    return word[:1].upper() + word[1:]
