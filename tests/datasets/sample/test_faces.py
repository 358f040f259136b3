from collections.abc import Sequence

import numpy as np
import pytest

from datasets.sample.drawing import (
    SIDE_PX,
    WHITE,
    Face,
    Lettering,
    disc,
    paint,
    rectangle,
    stroke,
)
from datasets.sample.faces import CLASSES, faces
from datasets.sample.lookalikes import lookalikes


def test_disc_covers_the_area_of_a_circle() -> None:
    covered = paint([(WHITE, disc(0.5))])[..., 3].mean() / 255
    assert covered == pytest.approx(np.pi * 0.5**2 / 4, rel=0.01)


def test_rectangle_lies_where_its_corners_say() -> None:
    alpha = paint([(WHITE, rectangle(-0.5, 0.0, 0.5, 0.25))])[..., 3]
    rows, columns = np.nonzero(alpha > 127)
    quarter = SIDE_PX // 4
    assert abs(columns.min() - quarter) <= 1
    assert abs(columns.max() + 1 - 3 * quarter) <= 1
    assert abs(rows.min() - SIDE_PX // 2) <= 1
    assert abs(rows.max() + 1 - (SIDE_PX // 2 + SIDE_PX // 8)) <= 1


def test_stroke_is_a_rectangle_with_half_discs_at_its_ends() -> None:
    covered = paint([(WHITE, stroke((-0.4, 0.0), (0.4, 0.0), 0.4))])[..., 3].mean() / 255
    assert covered == pytest.approx((0.8 * 0.4 + np.pi * 0.2**2) / 4, rel=0.02)


def test_edges_keep_their_colour_where_they_are_transparent() -> None:
    face = paint([(WHITE, disc(0.9))])
    edge = (face[..., 3] > 20) & (face[..., 3] < 235)
    assert edge.any()
    assert np.abs(face[edge][:, :3].astype(int) - WHITE).max() <= 2


def test_letters_fill_their_box() -> None:
    alpha = paint([Lettering("STOP", (-0.5, -0.25, 0.5, 0.25), WHITE)])[..., 3]
    rows, columns = np.nonzero(alpha > 127)
    assert (columns.min(), rows.min()) == pytest.approx((SIDE_PX * 0.25, SIDE_PX * 0.375), abs=2)
    assert (columns.max(), rows.max()) == pytest.approx((SIDE_PX * 0.75, SIDE_PX * 0.625), abs=2)


@pytest.mark.parametrize("class_name", CLASSES)
def test_each_class_has_variants_that_differ(class_name: str) -> None:
    variants = faces(class_name)
    assert len({face.tobytes() for face in variants}) == len(variants) >= 2


@pytest.mark.parametrize("name", [*CLASSES, "lookalikes"])
def test_a_face_nearly_touches_both_sides_and_can_not_be_written(name: str) -> None:
    drawn: Sequence[Face] = lookalikes() if name == "lookalikes" else faces(name)
    assert drawn
    for face in drawn:
        assert face.shape == (SIDE_PX, SIDE_PX, 4)
        assert face.dtype == np.uint8
        columns = np.nonzero(face[..., 3].max(axis=0) > 127)[0]
        assert columns.min() <= 0.03 * SIDE_PX
        assert columns.max() >= 0.97 * SIDE_PX
        assert not face.flags.writeable


def test_no_lookalike_is_a_sign() -> None:
    signs = {face.tobytes() for name in CLASSES for face in faces(name)}
    assert signs.isdisjoint(face.tobytes() for face in lookalikes())
