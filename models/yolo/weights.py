"""All of a network's trainable weights as three vectors, so that an update is a few large steps.

AdamW on 159 small variables costs 19 ms an update on two cores whatever their size; on the same
weights in one vector it costs next to nothing. Muon takes the hidden kernels out of their vector
as matrices, AdamW the rest.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from models.yolo.muon import Muon
from models.yolo.network import hidden_kernels
from models.yolo.settings import MUON, YoloSettings

Arrays = dict[str, NDArray[Any]]


class FlatWeights:
    """A network's flattened weights, their running average and their optimizers.

    Attributes:
        network: whose weights they are.
        variables: its trainable variables in the order that `flattened` takes: hidden
            kernels, other kernels, the rest.
        optimizer: Muon for hidden kernels, AdamW for what is left; it decays kernels only.
    """

    def __init__(
        self,
        network: keras.Model,
        settings: YoloSettings,
        wrapped: Callable[[Any], Any] = lambda optimizer: optimizer,
        learning: keras.Model | None = None,
        pretrained: Collection[int] = (),
    ) -> None:
        """Flatten the weights as they are now; ``wrapped`` gives an optimizer a loss scale.

        ``learning`` is the part of the network whose weights move, by default all of it;
        ``pretrained`` has the ``id`` of variables that have learnt before: they move at
        ``settings.backbone_rate`` and do not decay.
        """
        learning = learning or network
        hidden = hidden_kernels(learning) if settings.optimizer == MUON else []
        hidden = [kernel for kernel in hidden if id(kernel) not in pretrained]
        ids = {*map(id, hidden), *pretrained}
        rest = [v for v in learning.trainable_variables if id(v) not in ids]
        groups = {
            "hidden": hidden,
            "kernels": [v for v in rest if len(v.shape) > 1],
            "others": [v for v in rest if len(v.shape) <= 1],
            "pretrained": [v for v in learning.trainable_variables if id(v) in pretrained],
        }
        groups = {name: group for name, group in groups.items() if group}
        self.network = network
        self.variables = [variable for group in groups.values() for variable in group]
        self._groups = tuple(groups.values())
        self._rows = [keras.Variable(_flat(group), name=name) for name, group in groups.items()]
        self._averages = [keras.Variable(ops.copy(row.value)) for row in self._rows]
        self._ema = settings.ema
        optimizer = Muon(
            [(-1, kernel.shape[-1]) for kernel in hidden],
            [int(np.prod(kernel.shape)) for kernel in hidden],
            [settings.backbone_rate if name == "pretrained" else 1.0 for name in groups],
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            global_clipnorm=settings.clip_norm,
        )
        optimizer.exclude_from_weight_decay(var_names=["others", "pretrained"])
        self.optimizer = wrapped(optimizer)
        self.optimizer.build(self._rows)
        self._initial = [np.asarray(variable) for variable in self.optimizer.variables]

    def flattened(self, gradients: Sequence[Any]) -> list[Any]:
        """Return the gradients of `variables` as `apply` takes them: a vector a group."""
        rows = iter([ops.reshape(gradient, (-1,)) for gradient in gradients])
        return [ops.concatenate([*itertools.islice(rows, len(g))]) for g in self._groups]

    def apply(self, gradients: Sequence[Any]) -> None:
        """Make one update with `flattened` gradients; to be called in a compiled step."""
        self.optimizer.apply(gradients, self._rows)
        for row, average in zip(self._rows, self._averages, strict=True):
            average.assign(self._ema * average.value + (1 - self._ema) * row.value)
        self._assign([row.value for row in self._rows])

    def averaged(self) -> list[NDArray[np.float32]]:
        """Return the network's weights, as its ``set_weights`` takes them, with averages for own.

        Statistics of batch normalisation, which nothing trains, are those of now.
        """
        own = [row.numpy() for row in self._rows]
        self._assign([average.value for average in self._averages])
        weights: list[NDArray[np.float32]] = self.network.get_weights()
        self._assign(own)
        return weights

    def restart(self, weights: Sequence[NDArray[Any]]) -> None:
        """Begin again from a network's weights, as its ``get_weights`` gives them."""
        self.network.set_weights(weights)
        for row, average, group in zip(self._rows, self._averages, self._groups, strict=True):
            row.assign(_flat(group))
            average.assign(row.value)
        for variable, value in zip(self.optimizer.variables, self._initial, strict=True):
            variable.assign(value)

    def state(self) -> Arrays:
        """Return everything needed to go on from here, by name."""
        return {name: np.asarray(variable) for name, variable in self._kept().items()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a `state` of the same network."""
        for name, variable in self._kept().items():
            variable.assign(state[name])
        self._assign([row.value for row in self._rows])

    def _kept(self) -> dict[str, Any]:
        kept = [*self._rows, *self._averages, *self.optimizer.variables]
        flattened = set(map(id, self.variables))
        kept += [v for v in self.network.variables if id(v) not in flattened]
        return {f"variable_{number}": variable for number, variable in enumerate(kept)}

    def _assign(self, rows: Sequence[Any]) -> None:
        """Give every variable of the network its piece of the rows."""
        for row, group in zip(rows, self._groups, strict=True):
            ends = np.cumsum([int(np.prod(v.shape)) for v in group])[:-1].tolist()
            for variable, piece in zip(group, ops.split(row, ends), strict=True):
                variable.assign(ops.reshape(piece, variable.shape))


def _flat(group: Sequence[Any]) -> NDArray[np.float32]:
    """Return the variables' values in one vector."""
    return np.concatenate([np.asarray(variable).ravel() for variable in group])
