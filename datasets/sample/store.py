"""The sample set as a folder on disk: rendered once, then found again.

Rendering is imported only when there is something to render, so that asking for the set costs
nothing once it is there.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from datasets.annotations import DatasetError
from datasets.cache import cached_folder
from datasets.progress import Track, silently

NAME = "sample"
BACKGROUND = r"_\d+_(\w+)"  # in a file's name, as `DatasetSettings.group` looks for it
_RENDERED_BY = ("numpy", "opencv-python", "scikit-image", "scikit-learn", "pywavelets")


def sample_folder(seed: int = 0, track: Track = silently) -> Path:
    """Return the Pascal VOC folder of the sample set, rendering it where it is not there yet.

    Another seed, 0 or more, is another set.

    Raises:
        DatasetError: the seed is negative, a background photograph is not installed, or there is
            nowhere to write.
    """
    if seed < 0:
        raise DatasetError(f"{seed}: the seed of the sample set must be 0 or more")

    def render(folder: Path) -> None:
        from datasets.sample.voc_folder import write_sample

        write_sample(folder, seed, track)

    return cached_folder("the sample set", f"sample-{seed}-{_fingerprint()}", NAME, render)


def _fingerprint() -> str:
    """Return a hash of everything the pixels depend on: this package and what it renders with."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for package in _RENDERED_BY:
        with suppress(PackageNotFoundError):  # another build, such as opencv-python-headless
            digest.update(f"{package} {version(package)}\n".encode())
    return digest.hexdigest()[:16]
