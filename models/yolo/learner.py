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
        weights: the network's, laid out.
        update: makes one update of them.
        devices: what they are on.
        class_count: number of classes C.
        settings: those it was made with.
    """

    weights: FlatWeights
    update: Callable[..., Losses]
    devices: Devices
    class_count: int
    settings: YoloSettings

    @classmethod
    def of(cls, input_hw: tuple[int, int], class_count: int, settings: YoloSettings) -> Learner:
        """Return a new network for that input, in pixels, and what teaches it.

        Raises:
            TrainingError: the backbone's weights or the devices are not to be had.
        """
        devices = Devices.of(settings)
        with devices.building():
            network = _built(input_hw, class_count, settings, settings.backbone_weights)
            weights = FlatWeights(network, settings, devices.optimizer)
        update = compiled_update(weights, settings, devices)
        return cls(weights, update, devices, class_count, settings)

    def restart(self) -> None:
        """Begin again with another random network."""
        self.weights.restart(self._another(self.settings.backbone_weights).get_weights())

    def with_weights(self, weights: Sequence[Any]) -> keras.Model:
        """Return the network with those weights, or its like in float32 on a single device."""
        self.weights.network.set_weights(weights)
        if self.devices.strategy is None and self.devices.precision == "float32":
            return self.weights.network
        network = self._another(SCRATCH)
        network.set_weights(weights)
        return network

    def _another(self, backbone_weights: str) -> keras.Model:
        input_hw = self.weights.network.input_shape[1:3]
        return _built(input_hw, self.class_count, self.settings, backbone_weights)


def _built(
    input_hw: tuple[int, int], classes: int, settings: YoloSettings, backbone_weights: str
) -> keras.Model:
    width, depth, backbone = settings.width, settings.depth, settings.backbone
    return build_network(input_hw, classes, width, depth, backbone, backbone_weights)
