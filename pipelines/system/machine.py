"""Names and versions of the machine, its libraries and the project, without any framework."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

LIBRARIES = (
    *("tensorflow", "keras", "ai-edge-litert", "opencv-python", "scikit-learn", "scikit-image"),
    *("numpy", "scipy", "pillow", "joblib"),
)
ROOT = Path(__file__).resolve().parents[2]  # of the project


def versions() -> dict[str, str | None]:
    """Return the version of each library that figures depend on, None where it is missing."""
    return {name: _version(name) for name in LIBRARIES}


def cpu_model() -> str:
    """Return the processor's name as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def git_commit(root: Path = ROOT) -> tuple[str | None, bool | None]:
    """Return the project's commit and whether files differ from it; None outside its checkout."""
    git = ("git", "--no-optional-locks", "-C", str(root))
    top = output_of(*git, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != root.resolve():
        return None, None
    commit = output_of(*git, "rev-parse", "--verify", "--quiet", "HEAD")
    changes = output_of(*git, "status", "--porcelain")
    return commit, None if changes is None else bool(changes)


def output_of(*command: str) -> str | None:
    """Return what a command prints, None if it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
