"""Sets, results and trained detectors whose files are broken, strange or made to do harm.

What takes memory beyond all measure counts as harm.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from pipelines.system.runtime import peak_rss_mb
from scripts.measure.fault_kinds.cases import Case, refused

KIND = "hostile files, models, detections"
MOST_MIB = 500  # that a file may make this process grow by
# In the place of a number or a name of a JSON file.
JSON_VALUES = (
    *("[1]", "{}", "null", "true", "-1", "1.5", "1" * 5000, "1e400", "-1e400", "NaN", "Infinity"),
    *('"nan"', '"inf"', f'"{"1" * 5000}"', '"\\ud800"', '"\\u001b[2J"', '""', "[" * 100_000),
)
YAML_VALUES = (".inf", "-.inf", ".nan", "-1", "[1]", "1" * 5000, "{a: b}", "2020-01-01", "!!x y")
IN_THE_SET = ('"image_id": 0', '"category_id": 0', '"file_name": "0.png"', '"name": "red"')
IN_RESULTS = ('"image_id": 1', '"category_id": 1', '"score": 0.5', '"bbox": [1, 1, 9, 9]')
IN_DETECTORS = ('"limit": ', '"classes": ', '"templates": ', '"settings": ')


def file_cases(shared: Path) -> Iterator[Case]:
    """Yield the cases; ``shared`` has the set, and a whole run of it."""
    for case in _cases(shared):
        yield replace(case, attempt=partial(_within_memory, case.attempt))


def _within_memory(attempt: Callable[[Path], str], place: Path) -> str:
    before = peak_rss_mb()
    note = attempt(place)
    taken = peak_rss_mb() - before
    return note or (f"took {taken:.0f} MiB" if taken > MOST_MIB else "")


def _cases(shared: Path) -> Iterator[Case]:
    for key, value in product(IN_THE_SET, JSON_VALUES):
        attempt = partial(_set_with, shared, "annotations.json", key, _named(key, value))
        yield Case(KIND, f"set, {key}: {value[:12]} {len(value)}", attempt)
    for key, value in product(IN_RESULTS, JSON_VALUES):
        attempt = partial(_results_with, key, _named(key, value))
        yield Case(KIND, f"results, {key}: {value[:12]} {len(value)}", attempt)
    for key, value in product(("nc", "names", "train", "path"), YAML_VALUES):
        yield Case(KIND, f"data.yaml, {key}: {value[:12]}", partial(_yaml, shared, key, value))
    for name, change in _broken_images().items():
        yield Case(KIND, f"image, {name}", partial(_image, shared, change))
    for name, text in _xml_bombs().items():
        yield Case(KIND, f"XML, {name}", partial(_xml, shared, text))
    for name, spoil in _broken_models().items():
        must = not name.startswith('"')  # a value that is changed may be another good one
        yield Case(KIND, f"model, {name}", partial(_model, shared, spoil, must))


def _named(key: str, value: str) -> str:
    return f"{key.partition(':')[0]}: {value}"


def _set_with(shared: Path, file: str, before: str, after: str, place: Path) -> str:
    from datasets.reading import read_dataset

    folder = Path(shutil.copytree(shared / "set", place / "set"))
    text = (folder / file).read_text(encoding="utf-8")
    if before not in text:
        return "the case is wrong"
    (folder / file).write_text(text.replace(before, after), encoding="utf-8")
    return refused(lambda: read_dataset(folder), must=False)


def _results_with(before: str, after: str, place: Path) -> str:
    from pipelines.evaluation.coco_files.results import read_ground_truth, read_rows

    row = {"image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}
    truth = {"images": [{"id": 1}], "categories": [{"id": 1, "name": "a"}], "annotations": [row]}
    (place / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    rows = json.dumps([{**row, "score": 0.5}]).replace(before, after)
    (place / "rows.json").write_text(rows, encoding="utf-8")
    return refused(
        lambda: read_rows(place / "rows.json", read_ground_truth(place / "truth.json")), must=False
    )


def _yaml(shared: Path, key: str, value: str, place: Path) -> str:
    from datasets.reading import read_dataset

    folder = Path(shutil.copytree(shared / "set", place / "set"))
    (folder / "annotations.json").unlink()
    for image in folder.glob("*.png"):
        image.with_suffix(".txt").write_text("0 .5 .5 .2 .2\n")
    keys = {"names": "[red]", key: value}
    text = "".join(f"{each}: {given}\n" for each, given in keys.items())
    (folder / "data.yaml").write_text(text, encoding="utf-8")
    return refused(lambda: read_dataset(folder), must=False)


def _broken_images() -> dict[str, Callable[[bytes], bytes]]:
    return {
        "empty": lambda data: b"",
        "half": lambda data: data[: len(data) // 2],
        "PostScript": lambda data: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "a page": lambda data: b"<html><script>alert(1)</script></html>",
        "zeros": lambda data: bytes(len(data)),
        "a changed header": lambda data: data[:16] + b"\xff\xff\xff\x7f" * 2 + data[24:],
    }


def _image(shared: Path, change: Callable[[bytes], bytes], place: Path) -> str:
    from datasets.checking import without_broken_images
    from datasets.progress import silently
    from datasets.reading import read_dataset

    folder = Path(shutil.copytree(shared / "set", place / "set"))
    path = folder / "0.png"
    path.write_bytes(change(path.read_bytes()))
    read = without_broken_images(read_dataset(folder), silently, jobs=1)
    return "" if any("0.png" in str(each) for each in read.problems) else "it is not listed"


def _xml_bombs() -> dict[str, str]:
    inside = "<object><name>a</name></object>"
    return {
        "entities": f'<!DOCTYPE a [<!ENTITY b "b">]><annotation>&b;{inside}</annotation>',
        "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><annotation>&b;</annotation>',
        "many elements": f"<annotation>{'<a/>' * 3_000_000}</annotation>",
        "deep elements": f"<annotation>{'<a>' * 3_000_000}",
    }


def _xml(shared: Path, text: str, place: Path) -> str:
    from datasets.reading import read_dataset

    folder = Path(shutil.copytree(shared / "set", place / "set"))
    (folder / "annotations.json").unlink()
    (folder / "0.xml").write_text(text, encoding="utf-8")
    return refused(lambda: read_dataset(folder))


def _broken_models() -> dict[str, Callable[[Path], object]]:
    def cut(name: str, share: float) -> Callable[[Path], object]:
        def change(folder: Path) -> None:
            data = (folder / name).read_bytes()
            (folder / name).write_bytes(data[: int(len(data) * share)])

        return change

    def array(name: str, values: object) -> Callable[[Path], object]:
        def change(folder: Path) -> None:
            with np.load(folder / "arrays.npz") as file:
                arrays = dict(file)
            np.savez(folder / "arrays.npz", **{**arrays, name: values})

        return change

    def described(key: str, value: str) -> Callable[[Path], object]:
        def change(folder: Path) -> None:
            path = folder / "settings.json"
            values = json.loads(path.read_bytes())
            text = json.dumps({**values, key.split('"')[1]: "here"})
            path.write_text(text.replace('"here"', value), encoding="utf-8")

        return change

    cuts = product(("arrays.npz", "settings.json"), (0.0, 0.3, 0.9))
    return {
        **{f"{share:.0%} of {name}": cut(name, share) for name, share in cuts},
        "nan": array("svm_weights", np.full((9, 2), np.nan)),
        "another shape": array("svm_bias", np.zeros(99)),
        "text": array("shapes", np.array(["a"])),
        "huge": _huge(2**29),
        "huge by less than nothing": _huge(2**29, -(2**29)),
        "a header of a gigabyte": _long_header,
        **{
            f"{key}{value[:12]}": described(key, value)
            for key, value in product(IN_DETECTORS, ("5", "[[9]]", "null", '"x"', "1" * 5000))
        },
    }


def _huge(*sizes: int) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        with zipfile.ZipFile(folder / "arrays.npz", "w") as file:
            for size in sizes:
                header = io.BytesIO()
                np.lib.format.write_array_header_1_0(
                    header, {"descr": "<f8", "fortran_order": False, "shape": (size,)}
                )
                file.writestr(f"{size}.npy", header.getvalue())

    return change


def _long_header(folder: Path) -> None:
    with (
        zipfile.ZipFile(folder / "arrays.npz", "w", zipfile.ZIP_DEFLATED) as file,
        file.open("prior.npy", "w") as member,
    ):
        member.write(b"\x93NUMPY\2\0" + (2**30).to_bytes(4, "little"))
        for _ in range(2**10):
            member.write(bytes(2**20))


def _model(shared: Path, spoil: Callable[[Path], object], must: bool, place: Path) -> str:
    from pipelines.classical.storage import load_classical

    folder = Path(shutil.copytree(shared / "whole" / "models" / "classical", place / "model"))
    spoil(folder)
    return refused(lambda: load_classical(folder), must=must)
