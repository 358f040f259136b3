"""A copy of the project in which more contenders take part: a file and a row each."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = """    Contender(
        name="{}",
        label="the {}",
        uses_tensorflow=False,
        train=toy.train,
        load=toy.load,{}
    ),
"""


def project_with_toys(folder, names, needy=()):
    """Copy the project into the folder with a toy of each name; return the folder.

    Those that are ``needy`` have to be prepared.
    """
    for room in ("datasets", "models", "pipelines", "scripts"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, folder / room, ignore=ignored)
    shutil.copy(ROOT / "tests" / "support" / "toy_contender.py", folder / "pipelines" / "toy.py")
    table = folder / "pipelines" / "contenders.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(")\nNAMES = ") == 1
    prepared = dict.fromkeys(needy, "\n        prepare=toy.prepare,")
    rows = "".join(ROW.format(name, name, prepared.get(name, "")) for name in names)
    text = text.replace(")\nNAMES = ", f"{rows})\nNAMES = ").replace(
        "from pipelines.detections", "from pipelines import toy\nfrom pipelines.detections", 1
    )
    table.write_text(text, encoding="utf-8")
    return folder


def run_script(project, script, *arguments, **environment):
    """Run a script of the copy there; return the process, which is done."""
    return subprocess.run(
        [sys.executable, f"scripts/{script}.py", *map(str, arguments)],
        check=False,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | environment,
    )
