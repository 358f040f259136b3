"""A stand-in for a camera: frames that come when the test lets them."""

import threading

import cv2
import numpy as np


class Capture:
    """What `cv2.VideoCapture` is to its caller; ``frames`` come, then no more.

    ``before`` is called before each read, with the number of frames that came.
    """

    def __init__(self, frames, before=lambda number: None, *, opened=True, rate=0.0, declared=0):
        self.frames, self.before, self.number = frames, before, 0
        self.opened, self.size = opened, (64, 48)
        self.says = {cv2.CAP_PROP_FPS: rate, cv2.CAP_PROP_FRAME_COUNT: declared}
        self.released = threading.Event()

    def __call__(self, camera, *backend):
        del backend  # which a file is opened by
        self.camera = camera
        return self

    def isOpened(self):  # noqa: N802 - as OpenCV calls it
        return self.opened

    def get(self, which):
        return self.says[which]

    def read(self):
        self.before(self.number)
        if self.number == self.frames:
            return False, None
        self.number += 1
        return True, np.full((self.size[1], self.size[0], 3), self.number, np.uint8)

    def release(self):
        self.released.set()
