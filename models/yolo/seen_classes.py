"""What weights were trained to tell apart, and which of a set's own classes are among it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from datasets.regular_files import content
from models.errors import TrainingError
from models.yolo.downloads import Download, downloaded
from models.yolo.settings import IMAGENET

CLASS_INDEX = Download(  # a test holds it to Keras
    "imagenet_class_index.json",
    "https://storage.googleapis.com/download.tensorflow.org/data",
    "c2c37ea517e94d9795004a39431a14cb",
)
CLASSES = 1000
MOST_BYTES = 2**20  # it has 35 kB


def classes_seen(source: str, named: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the classes that weights were trained on, as far as it is known.

    Args:
        source: of the weights: ``imagenet``, whose classes Keras downloads, or anything else.
        named: what the user says of the weights, which goes before anything else.
    """
    if named or source != IMAGENET:
        return tuple(named)
    try:
        return _names(downloaded(CLASS_INDEX, _check, "the names of ImageNet's classes"))
    except TrainingError:
        return ()  # a warning can't be given then; nothing else needs the names


def classes_seen_before(own: Sequence[str], seen: Sequence[str]) -> tuple[str, ...]:
    """Return which of a set's own classes are among those seen, or kinds of it are.

    A kind ends with the name: ``Siamese_cat`` is a cat, and ``king penguin`` is no king. Case,
    underscores, hyphens and the plural do not matter.
    """
    known = [_words(name) for name in seen]
    return tuple(name for name in own if any(_is_kind(_words(name), each) for each in known))


def _words(name: str) -> list[set[str]]:
    """Return of each word how it may be written in the singular."""
    words = re.findall(r"[^\W_]+", name.casefold())
    return [{word, word.removesuffix("s"), word.removesuffix("es")} - {""} for word in words]


def _is_kind(own: list[set[str]], seen: list[set[str]]) -> bool:
    ends = seen[-len(own) :] if own else []
    return len(ends) == len(own) > 0 and all(a & b for a, b in zip(own, ends, strict=True))


def _names(path: Path) -> tuple[str, ...]:
    """Return the names in label order.

    Raises:
        TrainingError: it is no class index.
    """
    try:
        index = json.loads(content(path, MOST_BYTES))
        return tuple(str(index[str(label)][1]) for label in range(CLASSES))
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise TrainingError(f"{path}: is no index of ImageNet's classes ({error})") from error


def _check(path: Path) -> None:
    _names(path)
