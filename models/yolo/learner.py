"""What learns: a network on its devices and its compiled updates, a phase after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from models.yolo.backbones import backbone_part
from models.yolo.batches import Prepare, pictures_alone
from models.yolo.decoding import STRIDES
from models.yolo.devices import Devices
from models.yolo.frozen import FrozenPart
from models.yolo.losses import Losses
from models.yolo.machines import ALONE, Machines
from models.yolo.network import build_network
from models.yolo.settings import SCRATCH, YoloSettings
from models.yolo.update import compiled_update
from models.yolo.weights import FlatWeights


@dataclass(frozen=True, eq=False)
class Phase:
    """A stretch of a training in which the same weights learn.

    Attributes:
        weights: those of the network that learn, flattened.
        update: makes one update of them.
        prepare: turns a batch's pictures into what ``update`` takes in their place.
    """

    weights: FlatWeights
    update: Callable[..., Losses]
    prepare: Prepare


@dataclass(frozen=True, eq=False)
class Learner:
    """A network and its compiled updates: made once, they serve many trainings, one by one.

    Attributes:
        network: that learns.
        phases: of each training.
        devices: what they are on.
        build: makes another such network, with a backbone of those weights.
        backbone_weights: those it starts with.
    """

    network: keras.Model
    phases: tuple[Phase, ...]
    devices: Devices
    build: Callable[[str], keras.Model]
    backbone_weights: str

    @classmethod
    def of(
        cls,
        input_hw: tuple[int, int],
        class_count: int,
        settings: YoloSettings,
        machines: Machines = ALONE,
    ) -> Learner:
        """Return a new network for that input, in pixels, and what teaches it.

        Raises:
            TrainingError: the backbone's weights or the devices are not to be had.
        """
        width, depth, backbone = settings.width, settings.depth, settings.backbone

        def build(weights: str) -> keras.Model:
            return build_network(input_hw, class_count, width, depth, backbone, weights)

        devices = Devices.of(settings, machines)
        with devices.building():
            network = build(settings.backbone_weights)
            phases = tuple(_phases(network, settings, devices))
        return cls(network, phases, devices, build, settings.backbone_weights)

    def restart(self) -> None:
        """Begin again with another random network."""
        self.network.set_weights(self.build(self.backbone_weights).get_weights())

    def with_weights(self, weights: Sequence[Any]) -> keras.Model:
        """Return the network with those weights, or its like in float32 on a single device."""
        self.network.set_weights(weights)
        if self.devices.strategy is None and self.devices.precision == "float32":
            return self.network
        network = self.build(SCRATCH)
        network.set_weights(weights)
        return network


def _phases(network: keras.Model, settings: YoloSettings, devices: Devices) -> list[Phase]:
    """Return the phases: two where the backbone has learnt before, in the first it is frozen."""
    backbone = backbone_part(network, STRIDES)
    if backbone is None or settings.pretrained_on is None:
        return [_phase(network, None, frozenset(), settings, devices)]
    pretrained = frozenset(map(id, backbone.trainable_variables))
    parts = [backbone] if settings.frozen > 0 else []
    parts += [None] if settings.frozen < 1 else []
    return [_phase(network, part, pretrained, settings, devices) for part in parts]


def _phase(
    network: keras.Model,
    frozen: keras.Model | None,
    pretrained: frozenset[int],
    settings: YoloSettings,
    devices: Devices,
) -> Phase:
    learning = network if frozen is None else keras.Model(frozen.outputs, network.output)
    weights = FlatWeights(network, settings, devices.optimizer, learning, pretrained)
    ahead = frozen is not None and not devices.gpu  # a GPU computes it sooner than LiteRT
    prepare = FrozenPart(frozen, settings.batch) if ahead else pictures_alone
    update = compiled_update(weights, learning if ahead else network, settings, devices)
    return Phase(weights, update, prepare)
