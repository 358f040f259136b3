"""Muon (Jordan et al. 2024): momentum whose matrices are made orthogonal before each step.

A kernel's gradients point in few directions again and again; made orthogonal, all directions learn
at one speed. From scratch on few images much more is learnt in as many updates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from keras import ops

MOMENTUM = 0.95
# Of the quintic that moves singular values towards 1 fastest, into [0.7, 1.2] (Jordan et al.).
A, B, C = 3.4445, -4.7750, 2.0315
ITERATIONS = 5
# Of the root of the longer side: steps as large as AdamW's, so that learning rate and weight decay
# mean the same for both (Liu et al. 2025, equation 4).
ADAMW_RMS = 0.2


def steps(momenta: Sequence[Any]) -> list[Any]:
    """Return what the learning rate multiplies, for each matrix of momenta.

    Args:
        momenta: matrices ``(r, c)`` float32 of fixed shapes.
    """
    return [
        ADAMW_RMS * max(matrix.shape) ** 0.5 * matrix for matrix in orthogonalised(list(momenta))
    ]


def orthogonalised(matrices: Sequence[Any]) -> list[Any]:
    """Return the matrices with singular values near 1 (Newton and Schulz's iteration).

    A step of it takes X to X·p(XᵀX) with a polynomial p, so XᵀX alone tells what all steps
    together multiply X with. It is small, and those of equal size are iterated as one batch:
    a tenth of the work of iterating X itself.

    Args:
        matrices: ``(r, c)`` float32 of fixed shapes.
    """
    tall = [x if x.shape[0] >= x.shape[1] else ops.transpose(x) for x in matrices]
    tall = [x / (ops.norm(x) + 1e-7) for x in tall]
    by_size: dict[int, list[int]] = defaultdict(list)
    for place, x in enumerate(tall):
        by_size[x.shape[1]].append(place)
    found: list[Any] = [None] * len(tall)
    for size, places in by_size.items():
        squares = ops.stack([ops.matmul(ops.transpose(tall[i]), tall[i]) for i in places])
        for place, factor in zip(places, ops.unstack(_factors(squares, size)), strict=True):
            x = ops.matmul(tall[place], factor)
            found[place] = x if x.shape == matrices[place].shape else ops.transpose(x)
    return found


def _factors(squares: Any, size: int) -> Any:
    """Return ``(n, size, size)`` what all iterations multiply X with, of its ``XᵀX``."""
    one = ops.eye(size)[None]
    product = one
    for _ in range(ITERATIONS):
        factor = A * one + B * squares + C * ops.matmul(squares, squares)
        product = ops.matmul(product, factor)
        squares = ops.matmul(ops.matmul(factor, squares), factor)
    return product
