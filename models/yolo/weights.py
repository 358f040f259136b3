"""All of a network's trainable weights as three vectors, so that an update is a few large steps.

AdamW on 159 small variables costs 19 ms an update on two cores whatever their size; on the same
weights laid end to end it costs next to nothing. Muon takes the hidden kernels out of their vector
as matrices, AdamW the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from models.yolo import muon
from models.yolo.network import hidden_kernels
from models.yolo.settings import MUON, YoloSettings

Arrays = dict[str, NDArray[Any]]


class FlatWeights:
    """A network's weights laid end to end, their running average and their optimizers.

    Attributes:
        network: whose weights they are.
        variables: its trainable variables in the order of `apply`'s gradients: hidden kernels,
            other kernels, the rest.
        optimizer: Keras's AdamW (Loshchilov & Hutter 2019) for what is no hidden kernel; it decays
            the kernels only. Its learning rate is that of Muon too.
    """

    def __init__(self, network: keras.Model, settings: YoloSettings) -> None:
        """Lay the weights out as they are now."""
        hidden = hidden_kernels(network) if settings.optimizer == MUON else []
        places = {id(kernel) for kernel in hidden}
        rest = [v for v in network.trainable_variables if id(v) not in places]
        kernels = [v for v in rest if len(v.shape) > 1]
        others = [v for v in rest if len(v.shape) <= 1]
        self.network = network
        self.variables = hidden + kernels + others
        self._groups = (hidden, kernels, others)
        self._rows = [
            keras.Variable(_laid(group), name=name)
            for group, name in zip(self._groups, ("hidden", "kernels", "others"), strict=True)
        ]
        self._averages = [keras.Variable(ops.copy(row.value)) for row in self._rows]
        self._momentum = keras.Variable(ops.zeros_like(self._rows[0].value))
        self._ema = settings.ema
        self._weight_decay = settings.weight_decay
        self._clip_norm = settings.clip_norm
        self.optimizer = keras.optimizers.AdamW(
            learning_rate=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.optimizer.exclude_from_weight_decay(var_names=["others"])
        self.optimizer.build(self._rows[1:])

    def apply(self, gradients: Sequence[Any]) -> None:
        """Make one update with the gradients of `variables`; to be called in a compiled step."""
        flat, start = [], 0
        for group in self._groups:
            parts = gradients[start : start + len(group)]
            start += len(group)
            flat.append(ops.concatenate([ops.zeros(0), *(ops.reshape(g, (-1,)) for g in parts)]))
        norm = ops.sqrt(sum(ops.sum(ops.square(row)) for row in flat))
        flat = [row * ops.minimum(1.0, self._clip_norm / (norm + 1e-12)) for row in flat]
        self._step_hidden(flat[0])
        self.optimizer.apply(flat[1:], self._rows[1:])
        for row, average in zip(self._rows, self._averages, strict=True):
            average.assign(self._ema * average.value + (1 - self._ema) * row.value)
        self._lay_out([row.value for row in self._rows])

    def _step_hidden(self, gradient: Any) -> None:
        """Move the hidden kernels by Muon, with Nesterov's look ahead and decoupled decay."""
        kernels = self._groups[0]
        if not kernels:
            return
        row, rate = self._rows[0], ops.convert_to_tensor(self.optimizer.learning_rate)
        momentum = muon.MOMENTUM * self._momentum.value + (1 - muon.MOMENTUM) * gradient
        self._momentum.assign(momentum)
        ahead = muon.MOMENTUM * momentum + (1 - muon.MOMENTUM) * gradient
        matrices = [
            ops.reshape(piece, (-1, kernel.shape[-1]))
            for piece, kernel in zip(_pieces(ahead, kernels), kernels, strict=True)
        ]
        step = ops.concatenate([ops.reshape(m, (-1,)) for m in muon.steps(matrices)])
        row.assign(row.value - rate * (step + self._weight_decay * row.value))

    def averaged(self) -> list[NDArray[np.float32]]:
        """Return the network's weights, as its ``set_weights`` takes them, with averages for own.

        Statistics of batch normalisation, which nothing trains, are those of now.
        """
        own = [row.numpy() for row in self._rows]
        self._lay_out([average.value for average in self._averages])
        weights: list[NDArray[np.float32]] = self.network.get_weights()
        self._lay_out(own)
        return weights

    def restart(self, weights: Sequence[NDArray[Any]]) -> None:
        """Begin anew from a network's weights, as its ``get_weights`` gives them."""
        self.network.set_weights(weights)
        for row, average, group in zip(self._rows, self._averages, self._groups, strict=True):
            row.assign(_laid(group))
            average.assign(row.value)
        for variable in (self._momentum, *self.optimizer.variables):
            variable.assign(ops.zeros_like(variable.value))

    def state(self) -> Arrays:
        """Return everything needed to go on from here, by name."""
        return {name: np.asarray(variable) for name, variable in self._kept().items()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a `state` of the same network."""
        for name, variable in self._kept().items():
            variable.assign(state[name])
        self._lay_out([row.value for row in self._rows])

    def _kept(self) -> dict[str, Any]:
        kept = [*self._rows, *self._averages, self._momentum, *self.optimizer.variables]
        kept += self.network.non_trainable_variables
        return {f"variable_{number}": variable for number, variable in enumerate(kept)}

    def _lay_out(self, rows: Sequence[Any]) -> None:
        """Give every variable of the network its piece of the rows."""
        for row, group in zip(rows, self._groups, strict=True):
            for variable, piece in zip(group, _pieces(row, group), strict=True):
                variable.assign(ops.reshape(piece, variable.shape))


def _laid(group: Sequence[Any]) -> NDArray[np.float32]:
    """Return the variables' values end to end."""
    return np.concatenate([np.zeros(0, np.float32), *(np.asarray(v).ravel() for v in group)])


def _pieces(row: Any, group: Sequence[Any]) -> list[Any]:
    """Return each variable's piece of a row, flat."""
    if not group:
        return []
    ends = np.cumsum([int(np.prod(v.shape)) for v in group])[:-1].tolist()
    pieces: list[Any] = ops.split(row, ends)
    return pieces
