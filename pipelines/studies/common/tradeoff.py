"""What choosing one contender gains and costs against the others, by figures of the main job."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from pipelines.contenders import label_of
from pipelines.runs.metrics import DetectorMetrics, Metrics


def contenders(metrics: Metrics) -> list[str]:
    """Return who was trained and has an mAP on the test images, the best first."""
    values = {
        name: metrics.reached(name)
        for name, each in metrics.pipelines.items()
        if each.training is not None and not isnan(metrics.reached(name))
    }
    return sorted(values, key=lambda name: -values[name])


def behind(metrics: Metrics) -> list[str]:
    """Return those that another contender is surely better than, on the test images."""
    names = contenders(metrics)
    return [
        name
        for name in names
        if any(metrics.ahead(rival, name).verdict == "better" for rival in names if rival != name)
    ]


def gain(metrics: Metrics, chosen: str) -> str:
    """Return how the chosen one's mAP compares with its strongest rival's; empty without one."""
    rivals = [name for name in contenders(metrics) if name != chosen]
    if not rivals or chosen not in contenders(metrics):
        return ""
    more = metrics.ahead(chosen, rivals[0])
    way = "lower" if more.difference < 0 else "higher"
    sure = ", which may be chance" if more.verdict == "cannot_tell" else ""
    return (
        f"On the test images its {metrics.label} is {abs(more.difference):.3f} {way} than that of "
        f"{label_of(rivals[0])}{sure}."
    )


def costs(metrics: Metrics, names: Sequence[str]) -> str:
    """Return what each of some takes in training, an image and on disk, as far as it is known."""
    figures = {name: metrics.pipelines[name] for name in names if name in metrics.pipelines}
    clauses = [
        f"{label_of(name, each.pretrained_on)} takes {', '.join(known)}"
        for name, each in figures.items()
        if (known := _known(each))
    ]
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}." if len(clauses) > 1 else ""


def _known(figures: DetectorMetrics) -> list[str]:
    known = []
    if figures.training is not None:
        known.append(f"{figures.training.seconds:.0f} s to train")
    if figures.latency_ms is not None:
        alone = figures.latency_alone_ms
        also = "" if alone is None else f", {alone.p50:.1f} alone"
        known.append(f"{figures.latency_ms.p50:.1f} ms an image (in turns{also})")
    if figures.model is not None and figures.model.disk_mb > 0:
        known.append(f"{figures.model.disk_mb:.1f} MiB on disk")
    return known
