"""Which image of the ground truth a row of results is of: by its id, or by its file's name.

Ultralytics calls ``7.jpg`` 7, which may be the id of another image. So the reading is taken that
fits all rows; where both do, that whose boxes lie on objects, and none where that does not decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from datasets.coco_ids import Id, plain_id
from datasets.errors import UserError
from pipelines.evaluation.coco_files.format import CocoImage, GroundTruthFile
from pipelines.evaluation.coco_files.rows import Rows, objects_met
from pipelines.evaluation.pairs import Ints, flat_objects

TIMES = 3  # as many objects as by the other reading have to be met by the one that is taken


def with_images(
    path: Path,
    rows: Rows,
    ids: Sequence[Id],
    listed: Sequence[CocoImage] | None,
    truth: GroundTruthFile,
) -> Rows:
    """Return the rows with the places of their images.

    Args:
        path: of the results, for messages.
        rows: whose images are not known yet.
        ids: of the image of each row, as written.
        listed: images, where the file lists them: then their file names tell which they are.
        truth: the ground truth.

    Raises:
        UserError: an id fits no image, or all fit both by id and by name.
    """
    keys = [plain_id(each) for each in ids]
    by_id = {image_id: number for number, image_id in enumerate(truth.image_ids)}
    by_name = _by_name(truth.image_names)
    if listed is not None and all(image.file_name in by_name for image in listed):
        own = {plain_id(image.id): by_name[image.file_name] for image in listed}
        return replace(rows, image=places(path, "image", keys, own))
    readings = [known for known in (by_id, by_name) if all(key in known for key in keys)]
    last = [PurePosixPath(key.replace("\\", "/")).name if type(key) is str else key for key in keys]
    if not readings and all(key in by_name for key in last):  # paths on another machine
        return replace(rows, image=places(path, "image", last, by_name))
    if not readings:
        return replace(rows, image=places(path, "image", keys, by_name | by_id))
    found = [replace(rows, image=places(path, "image", keys, known)) for known in readings]
    if len(found) == 1 or np.array_equal(found[0].image, found[1].image):
        return found[0]
    return _nearer(path, found, truth)


def _nearer(path: Path, found: Sequence[Rows], truth: GroundTruthFile) -> Rows:
    """Return the rows, by id or by name, whose boxes lie on objects where the others' do not.

    Raises:
        UserError: that can't be said.
    """
    objects = flat_objects(truth.annotations)
    by_id, by_name = (objects_met(rows, objects, len(truth.image_ids)) for rows in found)
    shown = f"by id they meet {by_id} objects, by name {by_name}"
    if by_name > TIMES * by_id:
        note = f"{path}: its image ids are taken for file names; {shown}"
        return replace(found[1], notes=(*found[1].notes, note))
    if by_id > TIMES * by_name:
        return found[0]
    raise UserError(
        f"{path}: its image ids are ids of the ground truth and, for other images, file names too; "
        f"{shown}; write file names with their suffix, or list the images"
    )


def _by_name(names: Sequence[str]) -> dict[Id, int]:
    """Return the place of each image by all that a file may call it after its name.

    That is the whole name, its last part, with its suffix and without, and the number in it.
    """
    parts: list[set[Id]] = []
    for name in names:
        pure = PurePosixPath(name)
        called: set[Id] = {each for each in (name, pure.name, pure.stem) if each}
        if pure.stem.isascii() and pure.stem.isdigit() and len(pure.stem) < 19:
            called.add(int(pure.stem))
        parts.append({plain_id(each) for each in called})
    count = Counter(called for some in parts for called in some)  # two images may have one name
    found = {called: n for n, some in enumerate(parts) for called in some if count[called] == 1}
    if len({*names} - {""}) == len(names):  # then a whole name is no other's last part
        found |= {name: n for n, name in enumerate(names)}
    return found


def places(path: Path, kind: str, keys: Sequence[Id], known: Mapping[Id, int]) -> Ints:
    """Return the place of each row's id, an image's or a category's.

    Raises:
        UserError: the ground truth has no such id.
    """
    strange = sorted({str(key) for key in keys if key not in known})
    if strange:
        numbers = [each for each in known if isinstance(each, int)]
        hint = ""
        if numbers and "0" in strange and all(key + 1 in known for key in keys if key == 0):
            hint = f"; are they counted from 0? the ground truth's go from {min(numbers)}"
        raise UserError(
            f"{path}: {len(strange)} of its {kind} ids are not in the ground truth, as "
            f"{', '.join(strange[:3])}{hint}"
        )
    return np.array([known[key] for key in keys], dtype=np.int64)
