import numpy as np
import pytest


@pytest.mark.tensorflow
@pytest.mark.slow
def test_litert_gives_the_answers_of_keras(tmp_path):
    from models.yolo.forward import GraphForward, LiteRtForward, save_litert
    from models.yolo.network import build_network

    network = build_network((64, 96), 3, width=2)
    save_litert(network, tmp_path / "network.tflite")
    picture = np.random.default_rng(5).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    wanted = GraphForward(network)(picture)
    got = LiteRtForward(tmp_path / "network.tflite", threads=2)(picture)
    np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_a_disk_that_can_not_be_written_is_no_fault_of_the_conversion(tmp_path, monkeypatch):
    from models.yolo import forward

    monkeypatch.setattr(forward, "converted", lambda network: b"TFL3")
    with pytest.raises(FileNotFoundError):
        forward.save_litert(None, tmp_path / "missing" / "network.tflite")
    with pytest.raises(forward.ConversionError, match="can't read"):
        forward.save_litert(None, tmp_path / "network.tflite")
    assert not list(tmp_path.iterdir())
