"""What learns: a network on its devices and its compiled update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from models.yolo.devices import Devices
from models.yolo.losses import Losses
from models.yolo.network import build_network
from models.yolo.settings import SCRATCH, YoloSettings
from models.yolo.update import compiled_update
from models.yolo.weights import FlatWeights


@dataclass(frozen=True, eq=False)
class Learner:
    """A network and its compiled update: made once, they serve many trainings, one by one.

    Attributes:
        weights: the network's, flattened.
        update: makes one update of them.
        devices: what they are on.
        build: makes another such network, with a backbone of those weights.
        backbone_weights: those it starts with.
    """

    weights: FlatWeights
    update: Callable[..., Losses]
    devices: Devices
    build: Callable[[str], keras.Model]
    backbone_weights: str

    @classmethod
    def of(cls, input_hw: tuple[int, int], class_count: int, settings: YoloSettings) -> Learner:
        """Return a new network for that input, in pixels, and what teaches it.

        Raises:
            TrainingError: the backbone's weights or the devices are not to be had.
        """
        width, depth, backbone = settings.width, settings.depth, settings.backbone

        def build(weights: str) -> keras.Model:
            return build_network(input_hw, class_count, width, depth, backbone, weights)

        devices = Devices.of(settings)
        with devices.building():
            network = build(settings.backbone_weights)
            flat = FlatWeights(network, settings, devices.optimizer)
        update = compiled_update(flat, settings, devices)
        return cls(flat, update, devices, build, settings.backbone_weights)

    def restart(self) -> None:
        """Begin again with another random network."""
        self.weights.restart(self.build(self.backbone_weights).get_weights())

    def with_weights(self, weights: Sequence[Any]) -> keras.Model:
        """Return the network with those weights, or its like in float32 on a single device."""
        self.weights.network.set_weights(weights)
        if self.devices.strategy is None and self.devices.precision == "float32":
            return self.weights.network
        network = self.build(SCRATCH)
        network.set_weights(weights)
        return network
