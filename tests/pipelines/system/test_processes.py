import os
import signal

import pytest

from datasets.errors import UserError
from pipelines.system.processes import in_own_process


def test_the_function_runs_in_another_process():
    assert in_own_process(os.getpid) != os.getpid()


def test_what_it_raises_arrives_here():
    with pytest.raises(ValueError, match="invalid literal"):
        in_own_process(int, "no number")


def test_a_killed_process_is_said_in_a_sentence():
    with pytest.raises(UserError, match="killed"):
        in_own_process(signal.raise_signal, signal.SIGKILL)
