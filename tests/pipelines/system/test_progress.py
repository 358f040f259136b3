import io
import re
import time

import pytest
from rich.console import Console

from pipelines.system import progress

LONG = "transfer, loss 0.43 + 1.20, rate 4.0e-03, 25 images/s, val mAP 0.612"


def shown(monkeypatch, description, width, total=5154):
    """The last that a terminal of so many characters shows of a loop over all but the last."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    monkeypatch.setattr(progress, "CONSOLE", console)
    for _ in progress.on_terminal(range(total - 1), lambda: description, total):
        pass
    text = console.file.getvalue().split("\x1b[2K")[-1]
    return [line.split("\x1b")[0].rstrip() for line in text.splitlines() if line[:1].isalnum()]


@pytest.mark.parametrize("description", ["training YOLO", LONG])
def test_on_80_characters_bar_numbers_and_both_times_are_whole(monkeypatch, description):
    lines = shown(monkeypatch, description, 80)
    assert max(map(len, lines)) <= 80
    assert "5153/5154 0:00:0" in lines[0]
    assert " left 0:00:0" in lines[0]
    assert progress.BAR_WIDTH - 1 <= lines[0].count("━") <= progress.BAR_WIDTH


def test_what_goes_on_is_whole_too_if_folded(monkeypatch):
    first, second = shown(monkeypatch, LONG, 80)
    assert f"{first.split('━')[0].strip()} {second}" == LONG
    assert len(shown(monkeypatch, LONG, 140)) == 1


def test_a_file_gets_a_line_now_and_then_and_one_at_the_end(monkeypatch):
    console = Console(file=io.StringIO(), width=80)
    monkeypatch.setattr(progress, "CONSOLE", console)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.01)
    for number in progress.on_terminal(range(4), "training YOLO", 4):
        if number == 1:
            time.sleep(0.05)
    assert re.findall("./4", console.file.getvalue()) == ["2/4", "4/4"]
