"""Which contenders take part in a run: decided once, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from datasets.errors import UserError
from models.errors import UnavailableError
from pipelines.contenders import contender
from pipelines.report.wording import left_out_sentences
from pipelines.runs.folder import RunFolder
from pipelines.settings import RunSettings
from pipelines.system.processes import in_own_process
from pipelines.system.progress import CONSOLE


def left_out(folder: RunFolder, settings: RunSettings) -> Mapping[str, str]:
    """Return why contenders can't take part, by name, having printed a line for each.

    A run that goes on keeps to what was decided when it began.

    Raises:
        UserError: none can take part, or what the user gave one can't be used; the folder of a run
            that began so is gone.
    """
    names = [name for name in settings.pipelines if contender(name).prepare is not None]
    decide = partial(_decided, names, settings)
    try:
        absent: dict[str, str] = folder.stage("prepare", dict[str, str], decide)
    except UserError:
        folder.abandon()
        raise
    for sentence in left_out_sentences(absent):
        CONSOLE.print_line(sentence)
    return absent


def without(settings: RunSettings, absent: Mapping[str, str]) -> RunSettings:
    """Return the settings with the contenders alone that take part."""
    return replace(settings, pipelines=tuple(n for n in settings.pipelines if n not in absent))


def _decided(names: Sequence[str], settings: RunSettings) -> dict[str, str]:
    absent = in_own_process(prepare, names, settings) if names else {}
    if set(settings.pipelines) <= set(absent):
        raise UserError("; ".join(left_out_sentences(absent)))
    return absent


def prepare(names: Sequence[str], settings: RunSettings) -> dict[str, str]:
    """Prepare contenders and return why some can't take part: run in a process of its own."""
    reasons = {}
    for name in names:
        get_ready = contender(name).prepare
        try:
            if get_ready is not None:
                get_ready(settings)
        except UnavailableError as error:
            reasons[name] = str(error)
    return reasons
