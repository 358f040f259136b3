import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import TrainingError, UnavailableError
from models.yolo import backbone_weights
from models.yolo.settings import TransferSettings
from pipelines.settings import RunSettings
from pipelines.yolo.prepare import prepare

ROOT = Path(__file__).resolve().parents[3]
LOADED = (
    "import sys\nfrom models.yolo.settings import TransferSettings\n"
    "from pipelines.settings import RunSettings\n"
    "from pipelines.yolo.prepare import prepare\n"
    "prepare(RunSettings(), 'yolo')\n"
    "transfer = TransferSettings(backbone_weights='none')\n"
    "prepare(RunSettings(transfer=transfer), 'transfer')\n"
    "print([name for name in ('h5py', 'keras', 'tensorflow') if name in sys.modules])"
)


def test_what_begins_from_nothing_needs_nothing_and_loads_nothing():
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_missing_file_is_a_sentence_and_not_what_others_go_on_without(tmp_path):
    settings = TransferSettings(backbone_weights=str(tmp_path / "nowhere.h5"))
    with pytest.raises(TrainingError, match=r"nowhere\.h5: can't be read") as raised:
        prepare(RunSettings(transfer=settings), "transfer")
    assert not isinstance(raised.value, UnavailableError)


@pytest.mark.tensorflow
def test_a_lost_network_is_told_with_the_way_out(tmp_path, monkeypatch):
    row = backbone_weights.BACKBONES["resnet50"]
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    lost = row._replace(file=row.file._replace(folder="http://[::1]:9"))
    monkeypatch.setitem(backbone_weights.BACKBONES, "resnet50", lost)
    settings = RunSettings(transfer=TransferSettings(backbone="resnet50"))
    with pytest.raises(UnavailableError, match=r"^resnet50's weights could not .*backbone_weights"):
        prepare(settings, "transfer")
