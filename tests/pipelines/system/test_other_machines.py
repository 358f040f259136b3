"""What a TF_CONFIG in the environment says."""

import json
import os

import pytest

from datasets.errors import UserError
from pipelines.system.other_machines import take_other_machines

TWO = {"worker": ["a:1", "b:1"]}


def config(cluster, kind, index):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("text", "count", "is_first"),
    [
        (config(TWO, "worker", 0), 2, True),
        (config(TWO, "worker", 1), 2, False),
        (config({"chief": ["c:1"], **TWO}, "chief", 0), 3, True),
        (config({"chief": ["c:1"], **TWO}, "worker", 0), 3, False),
    ],
)
def test_the_first_machine_is_the_chief_or_worker_0_without_one(monkeypatch, text, count, is_first):
    monkeypatch.setenv("TF_CONFIG", text)
    found = take_other_machines()
    assert (found.count, found.is_first) == (count, is_first)
    assert "TF_CONFIG" not in os.environ  # trainings that one machine makes alone don't see it
    found.give_to_tensorflow()
    assert os.environ["TF_CONFIG"] == text


def test_without_a_tf_config_there_are_no_other_machines(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert take_other_machines() is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 100_000,
        "3",
        "{}",
        config(TWO, "worker", 2),
        config(TWO, "worker", -1),
        config(TWO, "ps", 0),
        config(TWO, "worker", "0"),
        config({"worker": 7}, "worker", 0),
    ],
)
def test_a_broken_tf_config_is_refused_with_a_sentence(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UserError, match="TF_CONFIG must be JSON"):
        take_other_machines()
