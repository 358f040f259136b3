"""Places that the description of a set names: folders, patterns and files, looked up inside it."""

from __future__ import annotations

import posixpath
import re

from datasets.annotations import DatasetError
from datasets.files import Files
from datasets.path_names import inside
from datasets.split_names import split_of_folders


def within(files: Files, place: str, source: str, written: str) -> str:
    """Return a place of a set's description in plain form, what leads out of the set undone.

    ``../train/images`` in a ``data.yaml`` at the top is the ``train/images`` beside it: exports
    are written that way, and name a split's folder even if the split is empty and not there.
    Of a place on another machine, as ``/content/set/images``, the last parts are taken.

    Raises:
        DatasetError: the place is out of the set's folder and not in it either.
    """
    tail, leads_out = inside(place)
    parts = tail.split("/")
    for there in ("/".join(parts[start:]) for start in range(len(parts)) if leads_out):
        for base in dict.fromkeys([posixpath.dirname(source), ""]):
            if _is_there(files, found := posixpath.join(base, there)):
                if there != tail or not place.startswith(".."):
                    files.led_out.setdefault((source, written), found)
                return found
    if not leads_out or split_of_folders(f"{tail}/"):
        return tail
    raise DatasetError(
        f"{files.root / source}: names {written!r}, which is absolute or leads out of the set's "
        "folder; write it relative to the folder"
    )


def _is_there(files: Files, place: str) -> bool:
    """Say whether a file or something in a folder is called so, or fits such a pattern."""
    fixed = re.split(r"[*?]", place)[0]
    return bool(fixed.strip("./")) and any(f"{n}/".startswith(fixed) for n in files.names)


def resolve(files: Files, name: str, source: str) -> str:
    """Return the file a description names, from its own folder or the set's, or empty."""
    named, folder = inside(name)[0], posixpath.dirname(source)
    own = posixpath.normpath(posixpath.join(folder, named))
    places = [own, named, posixpath.join(folder, posixpath.basename(named))]
    return next((place for place in places if place in files.name_set), "")
