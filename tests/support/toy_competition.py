"""The main job with toys alone: no network, no process of its own, done in a second."""

import io
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pytest

from pipelines import contenders
from scripts import compare_detection


def row(name, train, load, prepare=None):
    """The row of a contender that is no network."""
    given = {"train": train, "load": load, "prepare": prepare}
    return contenders.Contender(name, f"the {name}", uses_tensorflow=False, **given)


def here(work, *given):
    return work(*given)


@contextmanager
def competing(folder, rows):
    """The contenders of those rows compete, in this process, and ``folder`` is the current one."""
    names = tuple(each.name for each in rows)
    (choices,) = (each for each in compare_detection.OPTIONS._actions if each.dest == "pipelines")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "200")
        patch.setattr(contenders, "CONTENDERS", tuple(rows))
        patch.setattr(contenders, "NAMES", names)
        patch.setattr(choices, "choices", names)
        patch.setattr("pipelines.system.runtime.set_threads", lambda count, blas=None: None)
        for stage in ("benchmark.prepare", "benchmark.run", "benchmark.repeats", "studies.study"):
            patch.setattr(f"pipelines.{stage}.in_own_process", here)
        yield


def run(script, *arguments, **environment):
    """Call a script's main; return its status and what it printed."""
    with (
        redirect_stdout(io.StringIO()) as printed,
        redirect_stderr(io.StringIO()) as errors,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        status = script.main([*arguments])
    return SimpleNamespace(returncode=status, stdout=printed.getvalue(), stderr=errors.getvalue())


def compare(output, *arguments, names, axes="none", **environment):
    """Call the main job on the folder ``set``, with hardly any timing."""
    given = ("--axes", axes, "--set", "evaluation.latency_samples=2", "evaluation.warm_up=0")
    quick = ("evaluation.throughput_seconds=0", "evaluation.throughput_batches=1")
    asked = ("--dataset", "set", "--output", output, "--pipelines", *names, *arguments)
    return run(compare_detection, *asked, *given, *quick, **environment)
