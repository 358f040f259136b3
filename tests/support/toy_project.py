"""A copy of the project in which one more contender takes part: a file and a row."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = """    Contender(
        name="toy",
        label="the toy",
        uses_tensorflow=False,
        train=toy.train,
        load=toy.load,
    ),
"""


def project_with_toy(folder):
    """Copy the project into the folder with a toy; return the folder."""
    for room in ("datasets", "models", "pipelines", "scripts"):
        ignored = shutil.ignore_patterns("*.pyc.*")  # what another process is compiling
        shutil.copytree(ROOT / room, folder / room, ignore=ignored)
    shutil.copy(ROOT / "tests" / "support" / "toy_contender.py", folder / "pipelines" / "toy.py")
    table = folder / "pipelines" / "contenders.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(")\nNAMES = ") == 1
    text = text.replace(")\nNAMES = ", f"{ROW})\nNAMES = ").replace(
        "from pipelines.detections", "from pipelines import toy\nfrom pipelines.detections", 1
    )
    table.write_text(text, encoding="utf-8")
    return folder
