"""How likely a label has the wrong class; which classes seem to be one.

What contenders see at a label is evidence for each class. How much each contender's is worth, and
how often labels are wrong however sure all are, are fitted together, as in `lossy`: a label has
another class than its object with one probability, each of the others alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.audit.existence import bounded_log_odds
from pipelines.audit.lossy import KEPT_BEFORE, LOST_BEFORE, MOST_LOST
from pipelines.audit.witnesses import Seen
from pipelines.evaluation.pairs import Floats, Ints

HELD, HELD_CLASSES = 0.1, 1.0  # how strongly weights are held, for which few images need it
LEAST_OBJECTS = 10  # of a class, to say that it seems to be another
LEAST_CONFUSED = 0.3  # of the objects of two classes; of one class under two names it is half


@dataclass(frozen=True, eq=False)
class Rivals:
    """The likeliest other class of each label: ``(M,)``, and ``(M, W)`` scores of it.

    ``probability`` is that of a label's being wrong and the object of class ``label``.
    """

    label: Ints
    probability: Floats
    scores: Floats


def rivals(seen: Seen, label: Ints) -> Rivals:
    """Return what class each label's object may be instead, by what is seen there.

    ``label`` is ``(M,)``, what the labels say.
    """
    count, witnesses, classes = seen.score.shape
    place = np.arange(count)
    if classes < 2 or not count:
        return Rivals(label, np.zeros(count), np.zeros((count, witnesses)))
    chance, wrong = _fitted(seen, label)
    each = wrong / (classes - 1)
    own = chance[place, label]
    posterior = each * chance / ((1 - wrong) * own + each * (1 - own))[:, None]
    posterior[place, label] = -1.0
    rival = posterior.argmax(axis=1)
    return Rivals(rival, posterior[place, rival], seen.score[place, :, rival])


def alike_classes(seen: Seen, label: Ints, classes: int) -> tuple[tuple[int, int, float], ...]:
    """Return pairs of classes that every contender confuses, the most confused first.

    With each pair stands the share of its objects that are taken for the other class, the mean of
    both classes, by the contender that confuses them least.
    """
    shares = np.stack(
        [_confused(seen.score[:, witness], label, classes) for witness in range(seen.row.shape[1])]
    ).min(axis=0)
    both = (shares + shares.T) / 2
    first, second = np.nonzero(np.triu(both >= LEAST_CONFUSED, 1))
    pairs = [(int(a), int(b), float(both[a, b])) for a, b in zip(first, second, strict=True)]
    return tuple(sorted(pairs, key=lambda pair: -pair[2]))


def _confused(score: Floats, label: Ints, classes: int) -> Floats:
    """Return ``(C, C)`` which share of a class's objects that were seen is taken for which."""
    there = score.max(axis=1) > 0
    counts = np.zeros((classes, classes))
    np.add.at(counts, (label[there], score[there].argmax(axis=1)), 1)
    total = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, total, out=np.zeros_like(counts), where=total >= LEAST_OBJECTS)
    return np.asarray(np.where((total >= LEAST_OBJECTS) & (total.T >= LEAST_OBJECTS), shares, 0.0))


def _fitted(seen: Seen, label: Ints) -> tuple[Floats, float]:
    """Return the ``(M, C)`` chance of each class, and how often labels have a wrong one."""
    from scipy.optimize import minimize  # takes a moment

    score = bounded_log_odds(seen.score)
    count, witnesses, classes = score.shape
    place = np.arange(count)
    prior = np.concatenate([np.full(witnesses, 1 / witnesses), np.zeros(classes)])
    held = np.concatenate([np.full(witnesses, HELD), np.full(classes, HELD_CLASSES)])

    def chances(weights: Floats) -> Floats:
        worth = np.einsum("mwc,w->mc", score, weights[:witnesses]) + weights[witnesses:]
        worth = np.exp(worth - worth.max(axis=1, keepdims=True))
        return np.asarray(worth / worth.sum(axis=1, keepdims=True))

    def loss(values: Floats) -> tuple[float, Floats]:
        weights, share = values[:-1], 1 / (1 + np.exp(-values[-1]))
        wrong = MOST_LOST * share
        each = wrong / (classes - 1)
        chance, away = chances(weights), weights - prior
        own = chance[place, label]
        said = each + (1 - wrong - each) * own
        total = -np.log(said).sum() + (held * away**2).sum()
        total -= LOST_BEFORE * np.log(wrong) + KEPT_BEFORE * np.log1p(-wrong)
        by_own = -(1 - wrong - each) / said * own
        by_worth = -by_own[:, None] * chance
        by_worth[place, label] += by_own
        slope = np.concatenate([np.einsum("mc,mwc->w", by_worth, score), by_worth.sum(axis=0)])
        by_wrong = -((1 / (classes - 1)) * (1 - own) - own) / said
        slope_wrong = by_wrong.sum() - LOST_BEFORE / wrong + KEPT_BEFORE / (1 - wrong)
        gradient = np.append(slope + 2 * held * away, slope_wrong * wrong * (1 - share))
        return float(total), gradient

    start = np.append(prior, np.log(0.02 / (MOST_LOST - 0.02)))
    values = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return chances(values[:-1]), float(MOST_LOST / (1 + np.exp(-values[-1])))
