"""All figures of one detector's detections, and of two detectors' difference.

This is what the main job, `scripts/evaluate_detections.py` and anybody with a detector of their own
call: detections of the same images in, figures as ``metrics.json`` has them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import nan

from datasets.annotations import Annotations
from datasets.progress import Track, silently
from pipelines.detections import Detections, Detector, Image
from pipelines.evaluation.conventions import (
    ONE_PIXEL,
    ConventionQuality,
    by_convention,
    coco_classes,
)
from pipelines.evaluation.error_types import ErrorCosts, error_costs
from pipelines.evaluation.lost_objects import Reach, lost_objects, reach
from pipelines.evaluation.matching import outcomes
from pipelines.evaluation.operating_point import ChosenThreshold, OperatingPoint, operating_point
from pipelines.evaluation.pairs import Floats
from pipelines.evaluation.quality import Quality, evaluation_set, mean_known, quality_of
from pipelines.evaluation.reliability import Reliability, reliability
from pipelines.evaluation.resampling import (
    Resampled,
    Units,
    figures_of,
    headline_figures,
    iou_name,
    of_every_size,
    resampled,
)
from pipelines.evaluation.several import pairwise
from pipelines.evaluation.significance import Difference, intervals
from pipelines.evaluation.trainings import mean_quality, over_trainings
from pipelines.evaluation.undefined import Number


@dataclass(frozen=True, eq=False)
class EvaluationImages:
    """The images all detectors are judged on, their classes in label order.

    Attributes:
        ground_truth: of each test image.
        seed: of the resamples.
        areas: of each image's objects in square pixels, where they are not those of their boxes.
        iou: another IoU to give mAP at besides COCO's, None for none.
        inclusive_pixels: boxes end with their last pixel, as the corners in Pascal VOC's files:
            all of them are widened by one.
        groups: what images share that are not independent, empty for none; None where nothing is
            known. They are resampled together.
    """

    ground_truth: Sequence[Annotations]
    classes: Sequence[str]
    seed: int = 0
    areas: Sequence[Floats] | None = None
    iou: float | None = None
    inclusive_pixels: bool = False
    groups: Sequence[str] | None = None

    @property
    def units(self) -> Units:
        """What of the images is resampled."""
        return Units.of(len(self.ground_truth), self.groups)


@dataclass(frozen=True)
class QualityAtIou:
    """mAP and each class's AP at one more IoU, nan without ground truth."""

    iou: float
    map: Number
    per_class: Mapping[str, Number]


@dataclass(frozen=True, kw_only=True)
class FullQuality(Quality):
    """COCO's figures and all others of a detector's detections, as ``metrics.json`` has them.

    Attributes:
        at_iou: at another IoU that was asked for.
        conventions: by name, see `pipelines.evaluation.conventions.WHY`.
        errors: what each kind of mistake costs.
        operating_point: at the score threshold.
        lost: how many objects are lost at the threshold, by reason.
        recall_ceiling: by stage, the share of objects it still has a good enough candidate for.
        interval_95: low and high end of a headline figure, by its name.
        reliability: how far scores are probabilities; None in runs of earlier versions.
    """

    at_iou: QualityAtIou | None
    conventions: Mapping[str, ConventionQuality]
    errors: ErrorCosts
    operating_point: OperatingPoint
    lost: Mapping[str, int]
    recall_ceiling: Mapping[str, Number]
    interval_95: Mapping[str, tuple[Number, Number]]
    reliability: Reliability | None = None


@dataclass(frozen=True, eq=False)
class Evaluation(Resampled):
    """All figures of one detector, and the headline figures in resamples of the images."""

    quality: FullQuality


def judge(
    images: EvaluationImages,
    detections: Sequence[Detections],
    chosen: ChosenThreshold | None = None,
    reaches: Sequence[Mapping[str, Reach]] | None = None,
) -> Evaluation:
    """Return all figures of one detector's detections.

    Args:
        images: what they are judged on.
        detections: of each image, in the same order.
        chosen: the threshold, from a validation split; None to choose it on the test images
            themselves, which flatters and is recorded.
        reaches: of each image, by stage, what the detector's stages offered; None where only the
            detections are known, which then are the one stage.

    Raises:
        ValueError: there are not as many detections as images, or a label names no class.
    """
    if images.inclusive_pixels:
        images, detections = _widened(images, detections)
    truth = images.ground_truth
    given = evaluation_set(truth, detections, images.classes, images.areas)
    quality = quality_of(given)
    point = operating_point(truth, detections, images.classes, chosen)
    if reaches is None:
        pairs = zip(truth, detections, strict=True)
        reaches = [{"detections": reach(objects, found)} for objects, found in pairs]
    lost, ceilings = lost_objects(truth, detections, reaches, point.threshold)
    once = headline_figures(quality)
    at_iou = None
    if (iou := images.iou) is not None:
        aps = coco_classes(given, iou)
        per_class = dict(zip(given.classes, aps, strict=True))
        at_iou = QualityAtIou(iou, mean_known(aps), per_class)
        once[f"map_{iou_name(iou)}"] = at_iou.map
    units = images.units
    values = resampled(given, units.counts(images.seed), iou, units.group)
    headline = Resampled(once, values, units.holding(given, iou))
    full = FullQuality(
        **vars(quality),
        at_iou=at_iou,
        conventions=by_convention(given),
        errors=error_costs(given),
        operating_point=point,
        lost=lost,
        recall_ceiling=ceilings,
        interval_95=intervals(headline),
        reliability=reliability(*outcomes(truth, detections)),
    )
    return Evaluation(**vars(headline), quality=full)


def judge_trainings(
    images: EvaluationImages,
    first: Evaluation,
    further: Sequence[Sequence[Detections]],
    name: str,
) -> Evaluation:
    """Return what all trainings of the contender of that name reached: the mean of COCO's figures.

    Intervals hold images and trainings. What is no mean (errors, the operating point, lost objects,
    other conventions) is of the first training, whose detector is the one that is kept.

    Args:
        images: what they are judged on.
        first: all figures of the first training.
        further: of each other training, the detections of each image.
        name: of the contender.
    """
    coco = {field.name: getattr(first.quality, field.name) for field in fields(Quality)}
    qualities: list[Quality] = [Quality(**coco)]
    resamples: list[Resampled] = [first]
    for detections in further:
        given = evaluation_set(images.ground_truth, detections, images.classes, images.areas)
        qualities.append(quality_of(given))
        resamples.append(figures_of(given, qualities[-1], images.units, images.seed))
    together = over_trainings(resamples, images.seed, name)
    mean = vars(mean_quality(qualities))
    quality = replace(first.quality, **mean, interval_95=intervals(together))
    return Evaluation(**vars(together), quality=quality)


def one_figure(
    images: EvaluationImages, detections: Sequence[Detections], figure: str
) -> Resampled:
    """Return one of `OVER_CLASSES` of one detector's detections: `judge` costs ten times more.

    Raises:
        ValueError: there are not as many detections as images, or a label names no class.
    """
    given = evaluation_set(images.ground_truth, detections, images.classes, images.areas)
    units = images.units
    values = of_every_size(given, units.counts(images.seed), units.group)
    once, holding = headline_figures(quality_of(given)), units.holding(given)
    classes = {name: count for name, count in holding.items() if name.startswith("per_class.")}
    return Resampled(
        {figure: once[figure]},
        {figure: values[figure]},
        {figure: holding[figure], **classes},
    )


def compared(judged: Mapping[str, Evaluation], images: int) -> dict[str, dict[str, Difference]]:
    """Return the paired differences of all detectors: ``<a>_minus_<b>.<figure>``.

    Verdicts are corrected for the number of pairs, figure by figure.
    """
    return {f"{a}_minus_{b}": each for (a, b), each in pairwise(judged, images).items()}


def detect_all(
    detector: Detector, images: Sequence[Image], track: Track = silently
) -> list[Detections]:
    """Return what any object with ``detect(image)`` finds in each image."""
    return [detector.detect(image) for image in track(images, "detecting", len(images))]


def _widened(
    images: EvaluationImages, detections: Sequence[Detections]
) -> tuple[EvaluationImages, list[Detections]]:
    objects = images.ground_truth
    truth = [Annotations(each.boxes + ONE_PIXEL, each.labels, each.ignore) for each in objects]
    found = [Detections(each.boxes + ONE_PIXEL, each.scores, each.labels) for each in detections]
    return replace(images, ground_truth=truth, inclusive_pixels=False), found


def named_figure(quality: FullQuality, name: str) -> tuple[float, tuple[float, float]]:
    """Return a figure and its 95 % interval, nan for what does not exist.

    Args:
        quality: of a detector.
        name: as ``map_50``, ``map_30`` for another IoU, ``operating_point.f1``,
            ``conventions.<name>.map_50`` or ``per_class.<class>.ap_50``; a class's name may hold
            dots.
    """
    group, _, rest = name.partition(".")
    member, _, last = rest.rpartition(".")
    extra = quality.at_iou
    if extra is not None and name == f"map_{iou_name(extra.iou)}":
        value = extra.map
    elif group in {"per_class", "conventions"}:
        value = getattr(getattr(quality, group).get(member), last, nan)
    elif group == "operating_point":
        value = getattr(quality.operating_point, rest, nan)
    else:
        value = getattr(quality, name, nan)
    return value, quality.interval_95.get(name, (nan, nan))
