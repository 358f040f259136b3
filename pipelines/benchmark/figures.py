"""All figures of a run's detectors: what each stage measured, joined by detector."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from pipelines.benchmark.detect import DetectionStage
from pipelines.benchmark.ensemble import Timed
from pipelines.benchmark.repeats import Seconds, each_training
from pipelines.benchmark.score import Scored
from pipelines.benchmark.train import TrainingStage
from pipelines.runs.metrics import DetectorMetrics, Memory
from pipelines.settings import RunSettings
from pipelines.system.runtime import PeakMemory


def figures_of(
    settings: RunSettings,
    trained: Mapping[str, TrainingStage],
    detected: DetectionStage,
    memory: Mapping[str, PeakMemory],
    scored: Scored,
    again: Seconds,
    timed: Timed,
) -> dict[str, DetectorMetrics]:
    """Return all figures by detector; of another tool's only the quality is known."""
    qualities = {name: each.quality for name, each in scored.evaluations.items()}
    contenders = {
        name: DetectorMetrics(
            quality=qualities[name],
            training=each.training,
            model=each.model,
            memory_mb=Memory(
                *(each.memory.rss_mb, each.memory.gpu_mb, memory[name].rss_mb, memory[name].gpu_mb)
            ),
            latency_ms=detected.latency_ms[name],
            latency_alone_ms=detected.latency_alone_ms[name],
            throughput=detected.throughput[name],
            proposals=scored.proposals.get(name),
            calibration=scored.calibrations.get(name),
            trainings=each_training(name, settings, (each.training.seconds, *again[name]), scored),
        )
        for name, each in trained.items()
    }
    others = {name: DetectorMetrics(quality=each) for name, each in qualities.items()}
    unknown = (nan,) * settings.repeats
    of_joined = {name: each_training(name, settings, unknown, scored) for name in timed.names}
    return others | timed.columns(qualities, of_joined) | contenders
