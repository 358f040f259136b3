"""Scripts in the tests' own process leave its threads alone: TensorFlow can't change them twice."""

import pytest


@pytest.fixture(autouse=True)
def _threads_as_they_are(monkeypatch):
    monkeypatch.setattr("pipelines.system.runtime.set_threads", lambda count, blas=None: None)
