"""Small Pascal VOC sets for tests, written as labelling tools write them."""

import numpy as np
from PIL import Image

from datasets.progress import silently
from datasets.reading import read_folder
from datasets.settings import DatasetSettings

OBJECT = """<object><name>{name}</name><difficult>{difficult}</difficult><bndbox>
<xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax><ymax>{3}</ymax></bndbox></object>"""


def write_image(path, size_px=(60, 40), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size_px[1], size_px[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)


def write_xml(path, objects=(("cat", (11, 11, 30, 30)),), size_px=(60, 40), image="", difficult=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    inner = "".join(OBJECT.format(*c, name=name, difficult=difficult) for name, c in objects)
    path.write_text(
        f"<annotation><filename>{image or path.stem + '.jpg'}</filename><size><width>{size_px[0]}"
        f"</width><height>{size_px[1]}</height></size>{inner}</annotation>"
    )


def found_in(folder, format_name="auto", **settings):
    """What is in the folder, and the problems as text."""
    found = read_folder(folder, format_name, silently, DatasetSettings(**settings))
    return found, [str(problem) for problem in found.problems]


def write_set(folder, count=8, objects=(("cat", (11, 11, 30, 30)),)):
    """Images with XML beside them and no splits."""
    for index in range(count):
        write_image(folder / f"im{index}.png", seed=index)
        write_xml(folder / f"im{index}.xml", objects)
    return folder
