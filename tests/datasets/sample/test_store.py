import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from datasets.annotations import DatasetError
from datasets.progress import Track, silently
from datasets.sample import voc_folder
from datasets.sample.store import sample_folder

ROOT = Path(__file__).parents[3]


@pytest.fixture
def renders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """Give each test its own cache and a render that only notes where it was asked to write."""
    asked: list[Path] = []

    def write(folder: Path, seed: int, track: Track = silently) -> None:
        asked.append(folder)
        folder.mkdir(parents=True)
        (folder / "LICENSES.txt").write_text(f"seed {seed}")

    monkeypatch.setattr(voc_folder, "write_sample", write)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return asked


def test_the_set_is_rendered_once(renders: list[Path], tmp_path: Path) -> None:
    first, second = sample_folder(), sample_folder()
    assert first == second
    assert len(renders) == 1
    assert first.name == "sample"
    assert first.is_relative_to(tmp_path / "cache" / "classical-or-deep")
    assert len(list(first.parent.parent.iterdir())) == 1


def test_another_seed_is_another_folder(renders: list[Path]) -> None:
    assert sample_folder(0) != sample_folder(1)
    assert len(renders) == 2


def test_it_is_rendered_under_another_name(renders: list[Path]) -> None:
    folder = sample_folder()
    assert renders[0] != folder
    assert not renders[0].exists()


def test_a_failed_render_leaves_nothing(
    renders: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(folder: Path, seed: int, track: Track = silently) -> None:
        (folder / "JPEGImages").mkdir(parents=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(voc_folder, "write_sample", fail)
        with pytest.raises(KeyboardInterrupt):
            sample_folder()
    assert list((tmp_path / "cache" / "classical-or-deep").iterdir()) == []
    sample_folder()
    assert len(renders) == 1


def test_a_killed_render_is_not_taken_for_whole(renders: list[Path], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    code = "from datasets.sample.store import sample_folder; sample_folder()"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment) as process:
        deadline = time.monotonic() + 30
        while not any(cache.rglob("*.jpg")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    started = next(cache.rglob("*.jpg"))
    folder = sample_folder()
    assert len(renders) == 1
    assert not started.is_relative_to(folder)
    assert [path.name for path in folder.iterdir()] == ["LICENSES.txt"]


def test_a_faster_process_is_not_disturbed(
    renders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = voc_folder.write_sample

    def overtaken(folder: Path, seed: int, track: Track = silently) -> None:
        monkeypatch.setattr(voc_folder, "write_sample", write)
        sample_folder(seed)
        write(folder, seed, track)

    monkeypatch.setattr(voc_folder, "write_sample", overtaken)
    folder = sample_folder()
    assert (folder / "LICENSES.txt").is_file()
    assert len(list(folder.parent.parent.iterdir())) == 1


def test_a_cache_that_can_not_be_written_is_replaced(
    renders: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = sample_folder()
    assert folder.is_dir()
    assert folder.relative_to(tmp_path).parts[0].startswith("classical-or-deep-")


def test_nowhere_to_write_is_reported(
    renders: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="XDG_CACHE_HOME"):
        sample_folder()


def test_a_negative_seed_is_reported(renders: list[Path]) -> None:
    with pytest.raises(DatasetError, match="-1: the seed"):
        sample_folder(-1)


def test_a_relative_cache_is_ignored(
    renders: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert sample_folder().is_relative_to(tmp_path / "home" / ".cache")


def test_finding_the_set_imports_nothing_heavy() -> None:
    code = (
        "import sys; import datasets.sample.store; "
        "sys.exit(any(name in sys.modules for name in ('cv2', 'sklearn', 'skimage', 'joblib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_what_a_killed_render_left_goes_after_a_day(renders: list[Path]) -> None:
    folder = sample_folder(0).parent
    home, key = folder.parent, folder.name
    shutil.rmtree(folder)
    old, new = (home / f"{key}.partial-{name}" for name in ("old", "new"))
    old.mkdir()
    new.mkdir()
    os.utime(old, (0, 0))
    sample_folder(0)
    assert len(renders) == 2
    assert not old.exists()
    assert new.exists()
