import subprocess
import sys
from pathlib import Path

import pytest

from datasets.errors import UserError
from pipelines.contenders import CONTENDERS, NAMES, contender, label_of

ROOT = Path(__file__).resolve().parents[2]


def test_a_row_is_found_by_its_name():
    assert [contender(name) for name in NAMES] == list(CONTENDERS)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match=NAMES[0]):
        contender("nobody")


def test_another_tool_is_called_by_its_own_name():
    assert label_of("mine") == "mine"
    assert label_of(NAMES[0]) == CONTENDERS[0].label


def test_only_what_uses_tensorflow_goes_where_the_user_wants():
    for row in CONTENDERS:
        assert row.device_choice("gpu") == ("gpu" if row.uses_tensorflow else "cpu")


def test_the_table_loads_nothing_heavy():
    code = (
        "import sys, pipelines.contenders\n"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'sklearn', 'skimage'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr
