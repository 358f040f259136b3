"""The sample set as a folder on disk: rendered once, then found again.

Rendering is imported only when there is something to render, so that asking for the set costs
nothing once it is there.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from datasets.annotations import DatasetError
from datasets.cache import cache_homes
from datasets.progress import Track, silently

NAME = "sample"
_RENDERED_BY = ("numpy", "opencv-python", "scikit-image", "scikit-learn")


def sample_folder(seed: int = 0, track: Track = silently) -> Path:
    """Return the Pascal VOC folder of the sample set, rendering it where it is not there yet.

    It is kept in ``$XDG_CACHE_HOME`` or ``~/.cache``, or in the temporary folder where neither can
    be written. It is rendered under another name and renamed when whole, so one that was cut off
    is never taken for whole.

    Args:
        seed: 0 or more; another seed is another set.
        track: watches the rendering.

    Raises:
        DatasetError: the seed is negative, a background photograph is not installed, or there is
            nowhere to write.
    """
    if seed < 0:
        raise DatasetError(f"{seed}: the seed of the sample set must be 0 or more")
    key = f"sample-{seed}-{_fingerprint()}"
    reasons = []
    for home in cache_homes():
        try:
            if not (home / key).is_dir():
                _render_into(home, key, seed, track)
        except OSError as error:
            reasons.append(f"{home} ({error.strerror or error})")
        else:
            return home / key / NAME
    raise DatasetError(
        f"the sample set can't be written to {' nor to '.join(reasons)}; "
        "set XDG_CACHE_HOME to a folder that can"
    )


def _fingerprint() -> str:
    """Return a hash of everything the pixels depend on: this package and what it renders with."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for package in _RENDERED_BY:
        digest.update(f"{package} {_version(package)}\n".encode())
    return digest.hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # another build of it, such as opencv-python-headless
        return "of unknown version"


def _render_into(home: Path, key: str, seed: int, track: Track) -> None:
    """Render beside the final name, then rename: there is a whole set under it or none.

    Raises:
        OSError: the folder can't be written, or is somebody else's.
    """
    from datasets.sample.voc_folder import write_sample

    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if hasattr(os, "getuid") and home.stat().st_uid != os.getuid():
        raise PermissionError(f"belongs to another user: {home}")
    with tempfile.TemporaryDirectory(prefix=f"{key}.partial-", dir=home) as partial:
        write_sample(Path(partial) / key / NAME, seed, track)
        try:
            (Path(partial) / key).rename(home / key)
        except OSError:
            if not (home / key).is_dir():  # else another process was as fast: its set is the same
                raise
