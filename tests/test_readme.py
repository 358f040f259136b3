"""What the README says is so: its commands, options, settings, extras and defaults."""

import argparse
import configparser
import importlib
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from format_examples import ALL_IMAGES, AN_IMAGE
from PIL import Image

from datasets.reading import FORMATS, read_dataset

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPTS = ROOT / "scripts"
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
INLINE = re.findall(r"`([^`\n]*scripts/\w+\.py [^`\n]*)`", README)
LINES = [line for block in BLOCKS for line in block.splitlines() if line] + INLINE
COMMANDS = [
    part.strip() for line in LINES for part in line.split("&&") if "scripts/" in part.split("#")[0]
]
DOCUMENTED = (
    *("compare_detection", "detect", "export", "compare_runs", "study_axes"),
    *("inspect_dataset", "evaluate_detections"),
)
RARE = {"--help", "--iou", "--inclusive-pixels"}  # documented by --help alone

COPIES = 10  # of a format's example: enough for three splits


class ParsedError(Exception):
    """The command line was accepted; nothing more shall be done."""


def parser_of(script, monkeypatch):
    """The parser a script makes, seen when it is asked to parse."""
    seen = []

    def keep(parser, arguments=None, namespace=None):
        seen.append(parser)
        raise ParsedError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", keep)
    with pytest.raises(ParsedError):
        importlib.import_module(f"scripts.{script}").main([])
    monkeypatch.undo()
    return seen[0]


def sections():
    return dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_its_script_takes(command, monkeypatch):
    words = shlex.split(command)
    place = next(number for number, word in enumerate(words) if word.startswith("scripts/"))
    assert (ROOT / words[place]).is_file()
    parser = parser_of(Path(words[place]).stem, monkeypatch)
    parser.parse_args(words[place + 1 :])  # exits on what it does not know


def test_there_are_commands_and_those_that_make_the_environment_are_known():
    assert len(COMMANDS) >= 12
    begun = {part.split()[0] for line in LINES for part in line.split("&&")}
    assert begun == {"python3", ".venv/bin/pip", ".venv/bin/python"}


def test_every_option_in_the_table_is_one_of_the_main_job(monkeypatch):
    table = README[README.index("| option |") : README.index("## Results")]
    cells = [row.split("|")[1] for row in table.replace("\\|", "/").splitlines() if "`--" in row]
    options = [span for cell in cells for span in re.findall(r"`(--[^`]+)`", cell)]
    assert len(options) > 12
    parser = parser_of("compare_detection", monkeypatch)
    for option in options:
        parser.parse_args(shlex.split(option.replace("cpu/gpu", "gpu")))


@pytest.mark.parametrize("script", DOCUMENTED)
def test_every_option_of_a_script_is_documented(script, monkeypatch):
    parser = parser_of(script, monkeypatch)
    options = {
        next(name for name in action.option_strings if name.startswith("--"))
        for action in parser._actions
        if action.option_strings
    }
    missing = [o for o in sorted(options - RARE) if not re.search(rf"{o}(?![\w-])", README)]
    assert missing == []


def test_every_setting_that_is_named_exists():
    from pipelines.settings import RunSettings, with_setting

    assignments = re.findall(r"--set ([\w.]+=[\w./]+)", README)
    assert len(assignments) >= 3
    for assignment in assignments:
        with_setting(RunSettings(), assignment)


def test_every_extra_that_is_named_is_one_of_the_installation():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    named = set(re.findall(r"'\.\[(\w+)\]'", README))
    assert named == set(setup["options.extras_require"])


def test_every_file_of_ours_that_is_named_exists():
    spans = re.findall(r"`((?:datasets|models|pipelines|scripts)/[\w/.]*)`", README)
    assert len(spans) >= 8
    assert [span for span in spans if not (ROOT / span).exists()] == []
    links = re.findall(r"\]\((?!http|#)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_defaults_that_are_documented_are_those_of_the_code(monkeypatch):
    from models.yolo import checkpoint, choice, schedule
    from models.yolo.settings import BACKBONES, SMALL, TransferSettings, YoloSettings
    from pipelines.detections import LOWEST_SCORE
    from pipelines.report.run_page import page
    from pipelines.settings import EvaluationSettings, RunSettings
    from pipelines.studies import study
    from pipelines.studies.data import plan as data_plan

    text = " ".join(README.split())
    numbers = {3: "three", 5: "five", 100: "hundred"}
    sentences = [
        f"{YoloSettings.ROOT_UPDATES}·√images updates of {YoloSettings().batch}",
        f"{TransferSettings.ROOT_UPDATES}·√images pre-trained",
        f"validation gains less than {choice.LEVELLED_OFF:g}",
        f"its last {checkpoint.EVERY_SECONDS:.0f} seconds",
        f"`--budget-minutes` ({study.MINUTES:.0f})",
        f"kept from a score of {LOWEST_SCORE:g}",
        f"first {numbers[page.EMBEDDED]} are in `report_images/`",
        f"p90 wants {EvaluationSettings().latency_samples} samples",
        f"drawn into files ({RunSettings().annotate})",
        f"{numbers[data_plan.SIZES]} nested sizes, up to {numbers[data_plan.SEEDS]} seeds",
        *(f"`{name}`" for name in BACKBONES if name != SMALL),
        *(f"| `{name}` |" for name in FORMATS),
    ]
    assert [sentence for sentence in sentences if sentence not in text] == []
    assert schedule.default_updates(400, YoloSettings()) == 360 * 20


@pytest.mark.parametrize("name", list(FORMATS))
def test_the_example_of_a_format_is_read_as_that_format(name, tmp_path):
    (row,) = (line for line in README.splitlines() if line.startswith(f"| `{name}` |"))
    files = [Path(span) for span in re.findall(r"`([^`]+)`", row.split("|")[3])]
    pictures = [tmp_path / file for file in files if file.suffix == ".jpg"]
    (labels,) = (
        tmp_path / file for file in files if file.suffix in {".xml", ".txt", ".csv", ".json"}
    )
    assert len(pictures) == 1
    write_example(name, pictures[0], labels, tmp_path / "set")
    assert {file for file in files if not (tmp_path / file).is_file()} == set()
    dataset = read_dataset(tmp_path / "set")
    assert dataset.format == name
    assert dataset.classes == ("cat",)
    truths = [image.annotations for images in dataset.splits.values() for image in images]
    np.testing.assert_allclose([truth.boxes for truth in truths], [[[10, 20, 40, 50]]] * COPIES)


def write_example(name, picture, labels, folder):
    """Files like those of the row, one picture with one cat each: a, b, …"""
    random = np.random.default_rng(0)
    stems = [chr(ord("a") + number) for number in range(COPIES)]
    picture.parent.mkdir(parents=True)
    labels.parent.mkdir(parents=True, exist_ok=True)
    for stem in stems:
        noise = random.integers(0, 255, (8, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(noise).save(picture.with_stem(stem))
        if name in AN_IMAGE:
            own = labels.with_name(labels.name.replace("a", stem, 1))
            own.write_text(AN_IMAGE[name](stem))
    if name in ALL_IMAGES:
        labels.write_text(ALL_IMAGES[name](stems))
    if name == "yolo":
        (folder / "data.yaml").write_text("names: [cat]\ntrain: images\n")


def test_the_order_is_a_new_readers():
    wanted = [
        *("Your own images", "Read the report", "Seven questions"),
        *("Use the detector you chose", "Costs", "What is measured and how", "A GPU", "Limits"),
    ]
    assert [title for title in sections() if title in wanted] == wanted
    screen = README[: README.index("## ")]
    assert screen.count("```bash") == 2
    assert "![" in screen
    assert len(screen.splitlines()) < 30


def test_beside_figures_that_were_measured_stands_what_prints_them():
    measured = re.compile(r"\d\.\d{3}\b|\d (?:ms|MiB)\b|\d %")
    without = [
        title
        for title, text in sections().items()
        if measured.search(re.sub(r"95 %|50, 90 and 99 %|score of 0\.001", "", text))
        and "scripts/" not in text
    ]
    assert without == []
