import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import TrainingError
from models.yolo import backbone_weights
from models.yolo.settings import YoloSettings
from pipelines.yolo.prepare import prepare

ROOT = Path(__file__).resolve().parents[3]
LOADED = (
    "import sys\nfrom models.yolo.settings import YoloSettings\n"
    "from pipelines.yolo.prepare import prepare\n"
    "prepare(YoloSettings(**eval(sys.argv[1])))\n"
    "print([name for name in ('h5py', 'keras', 'tensorflow') if name in sys.modules])"
)


@pytest.mark.parametrize("changed", [{}, {"backbone": "resnet50", "backbone_weights": "none"}])
def test_what_begins_from_nothing_needs_nothing_and_loads_nothing(changed):
    command = [sys.executable, "-c", LOADED, repr(changed)]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_missing_file_is_a_sentence(tmp_path):
    path = tmp_path / "nowhere.h5"
    with pytest.raises(TrainingError, match=r"nowhere\.h5: can't be read"):
        prepare(YoloSettings(backbone="resnet50", backbone_weights=str(path)))


@pytest.mark.tensorflow
def test_a_lost_network_is_told_with_the_way_out(tmp_path, monkeypatch):
    row = backbone_weights.BACKBONES["resnet50"]
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    lost = row._replace(file=row.file._replace(folder="http://[::1]:9"))
    monkeypatch.setitem(backbone_weights.BACKBONES, "resnet50", lost)
    with pytest.raises(TrainingError, match=r"^resnet50's weights could not .*backbone_weights$"):
        prepare(YoloSettings(backbone="resnet50"))
