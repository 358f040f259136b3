import pytest

pytestmark = pytest.mark.tensorflow


def written(folder):
    """What is in the event files, by name and update, read by TensorFlow alone."""
    import tensorflow as tf

    found = {}
    for path in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name in {"scalars", ""}
                found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    return found


def test_figures_are_in_the_file_at_once_as_tensorboard_s_scalars(tmp_path):
    from models.yolo.scalars import scalar_log

    log = scalar_log(tmp_path / "run")
    log(1, {"loss/boxes": 0.5, "learning_rate": 0.001})
    log(2, {"loss/boxes": 0.25})
    assert written(tmp_path / "run") == pytest.approx(
        {("loss/boxes", 1): 0.5, ("learning_rate", 1): 0.001, ("loss/boxes", 2): 0.25}
    )
