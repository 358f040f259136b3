"""What ``metrics.json`` holds of costs, typed: thresholds, mistakes and what they come to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pipelines.evaluation.cascade import Cascade
from pipelines.evaluation.cost_figures import CostFigures, Estimate
from pipelines.evaluation.costs import Costs, TradeOff
from pipelines.evaluation.significance import Difference
from pipelines.evaluation.undefined import Number


class DetectorCosts(msgspec.Struct, frozen=True):
    """One contender's thresholds and what it costs at that of the run.

    Attributes:
        threshold: chosen on the validation split.
        best_f1: the threshold with the best F1 there, which is the same without costs.
        trade_offs: thresholds that can be the cheapest, with their mistakes on the validation
            split, the highest first; one of them is, whatever the costs.
        seconds: an image takes on average, nan where it was not timed.
        figures: for 1,000 images.
    """

    threshold: float
    best_f1: float
    trade_offs: tuple[TradeOff, ...]
    seconds: Number
    figures: CostFigures


class MixtureCosts(msgspec.Struct, frozen=True):
    """Two contenders in turns that cost least on the validation split, see `Cascade`.

    Attributes:
        sent: of 1,000 images those that the second looks at too.
        alone_validation_cost: an image, of the cheapest contender alone there.
        figures: for 1,000 images.
    """

    cascade: Cascade
    sent: Estimate
    alone_validation_cost: float
    figures: CostFigures


class Decision(msgspec.Struct, frozen=True):
    """What contenders' mistakes come to, and whose cost less.

    Attributes:
        costs: that were given; None where thresholds are those with the best F1.
        detectors: by contender.
        mixture: of two that share the images; None without costs, or where none can.
        saved: ``<a>_against_<b>``, how much less the first costs for 1,000 images.
    """

    costs: Costs | None
    detectors: Mapping[str, DetectorCosts]
    mixture: MixtureCosts | None = None
    saved: Mapping[str, Difference] = {}
