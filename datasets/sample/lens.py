"""What the camera does: it sees a flat sign in perspective and a scene with blur and noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.sample.photographs import Pixels
from datasets.sample.weather import Layer

_DISTANCE = 4.0  # of the camera from the sign, in half face widths: a mild wide angle
_OVERSAMPLING = 2


@dataclass(frozen=True)
class Pose:
    """How a sign stands before the camera; angles in radians.

    Attributes:
        size_px: the longer side of the face's outline in the image.
        yaw: turn about the pole.
        pitch: lean forwards or backwards.
        roll: tilt in the image, clockwise.
    """

    size_px: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


def random_pose(size_px: float, random: np.random.Generator) -> Pose:
    """Return a pose as beside a road: mostly facing us, sometimes well turned away."""
    yaw = random.normal(0, np.radians(22))
    return Pose(
        size_px,
        yaw=float(np.clip(yaw, -np.radians(55), np.radians(55))),
        pitch=float(random.normal(0, np.radians(7))),
        roll=float(random.normal(0, np.radians(5))),
    )


def seen(face: Layer, pose: Pose) -> Layer:
    """Return an ``(S, S, 4)`` face as the camera sees it, in a patch its outline just fits into."""
    corners = _outline(pose) * _OVERSAMPLING
    width, height = (int(np.ceil(side / _OVERSAMPLING)) for side in corners.max(axis=0))
    # Averaged down first: a warp alone takes single pixels out of a large face and flickers.
    side = int(np.clip(pose.size_px * _OVERSAMPLING, 8, face.shape[0]))
    premultiplied = np.concatenate([face[..., :3] * face[..., 3:], face[..., 3:]], axis=-1)
    small = cv2.resize(premultiplied, (side, side), interpolation=cv2.INTER_AREA)
    source = np.array([(0, 0), (side, 0), (side, side), (0, side)], dtype=np.float32) - 0.5
    to_image = cv2.getPerspectiveTransform(source, (corners - 0.5).astype(np.float32))
    large = (width * _OVERSAMPLING, height * _OVERSAMPLING)
    warped = cv2.warpPerspective(small, to_image, large, flags=cv2.INTER_LINEAR)
    patch = cv2.resize(warped, (width, height), interpolation=cv2.INTER_AREA)
    alpha = patch[..., 3:]
    colour = patch[..., :3] / np.maximum(alpha, 1e-6)
    return np.concatenate([colour, alpha], axis=-1)


def bounds(alpha: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """Return x1, y1, x2, y2 of the pixels at least half covered, right and bottom exclusive.

    Nothing covered gives four zeros.
    """
    left, top, width, height = cv2.boundingRect((alpha >= 0.5).astype(np.uint8))
    return left, top, left + width, top + height


def photographed(scene: Pixels, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return the scene with the blur, vignette and noise of a camera, uint8 RGB."""
    side = scene.shape[0]
    shaken = random.random() < 0.25
    smeared = cv2.filter2D(scene, -1, _motion(random.uniform(2, 5), random)) if shaken else scene
    image = cv2.GaussianBlur(smeared, (0, 0), random.uniform(0.3, 1.1))
    across = np.linspace(-1, 1, side, dtype=np.float32)
    image = image * (1 - random.uniform(0, 0.15) * (across**2 + across[:, None] ** 2))[..., None]
    gain = random.uniform(0.002, 0.035)
    noise = random.standard_normal(scene.shape, dtype=np.float32)
    # Grain as large as a pixel is rare in a photograph that has been made smaller.
    grain = noise if random.random() < 0.5 else cv2.GaussianBlur(noise, (0, 0), 0.6)
    return np.asarray(np.clip(np.round((image + gain * grain) * 255), 0, 255), dtype=np.uint8)


def _outline(pose: Pose) -> NDArray[np.float64]:
    """Return the image corners ``(4, 2)`` of the face, clockwise, moved to touch both axes."""
    corners = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], dtype=np.float64)
    cos, sin = np.cos(pose.yaw), np.sin(pose.yaw)
    turned = corners @ np.array([(cos, 0, sin), (0, 1, 0), (-sin, 0, cos)])
    cos, sin = np.cos(pose.pitch), np.sin(pose.pitch)
    turned = turned @ np.array([(1, 0, 0), (0, cos, sin), (0, -sin, cos)])
    flat = turned[:, :2] / (1 + turned[:, 2:] / _DISTANCE)
    cos, sin = np.cos(pose.roll), np.sin(pose.roll)
    flat = flat @ np.array([(cos, sin), (-sin, cos)])
    flat -= flat.min(axis=0)
    return np.asarray(flat * pose.size_px / flat.max())


def _motion(length_px: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a kernel that smears along a straight line, mostly sideways."""
    kernel = np.zeros((7, 7), dtype=np.uint8)
    angle = random.normal(0, 0.4)
    reach = length_px / 2 * np.array([np.cos(angle), np.sin(angle)])
    start, end = (tuple(int(v) for v in np.round(16 * (3 + sign * reach))) for sign in (-1, 1))
    cv2.line(kernel, start, end, 255, 1, cv2.LINE_AA, 4)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)
