"""What is left of a verdict without test images that look like those a detector has learnt from."""

from __future__ import annotations

from math import isnan

from pipelines.contenders import label_of
from pipelines.report.verdict_on_validation import lead
from pipelines.report.wording import listed
from pipelines.runs.metrics import DecisiveFigures, Metrics


def on_new_images(metrics: Metrics) -> list[str]:
    """Return a sentence on it, with a warning where most are alike; none where none is."""
    new, total = metrics.new_images, metrics.dataset.splits["test"].images
    if new is None:
        return []
    seen = total - new.images
    which = f"{'all' if seen == total else f'{seen} of'} {total} test images"
    text = f"{which} look nearly like training or validation images"
    if 2 * seen > total:
        text = f"warning: {text}, so that these figures say little about new ones"
    return [f"{text}; {_without(new)}"]


def _without(new: DecisiveFigures) -> str:
    values = {name: value for name, value in new.values.items() if not isnan(value)}
    if not values:
        return "without them nothing can be said"
    without = f"without them ({new.images} image{'s' * (new.images > 1)} left)"
    best, *others = sorted(values, key=lambda name: -values[name])
    leads = [
        f"{lead(more)} ahead of {label_of(name)}"
        for name in others
        if (more := new.difference(best, name)) is not None
    ]
    if leads:
        return f"{without} {label_of(best)} is {listed(leads)}"
    return f"{without} {label_of(best)} reaches {values[best]:.3f}"
