"""Small sets in every format for tests, written as labelling tools write them."""

import json

from PIL import Image
from voc_files import write_image

ROW = "filename,width,height,class,xmin,ymin,xmax,ymax"


def write_images(folder, count=3, size_px=(60, 40), suffix=".png"):
    """Images 0, 1, …, all different; returns their names."""
    for index in range(count):
        write_image(folder / f"{index}{suffix}", size_px, seed=index)
    return [f"{index}{suffix}" for index in range(count)]


def write_coco_set(folder, boxes, *, file_names=None, place="annotations.json", **more):
    """A COCO set: for each image its boxes as (class name, (x, y, w, h)) or with a dict of more."""
    names = file_names or write_images(folder, len(boxes))
    classes = sorted({item[0] for items in boxes for item in items})
    document = {
        "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
        "categories": [{"id": 10 * n + 3, "name": name} for n, name in enumerate(classes)],
        "annotations": [
            {
                "id": 100 * n + k,
                "image_id": n,
                "category_id": 10 * classes.index(item[0]) + 3,
                "bbox": list(item[1]),
                **(item[2] if len(item) > 2 else {}),
            }
            for n, items in enumerate(boxes)
            for k, item in enumerate(items)
        ],
        **more,
    }
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_text(json.dumps(document))
    return folder


def write_yolo_set(folder, labels, yaml="names: [cat, dog]\ntrain: images\n"):
    """A YOLO set: for each image the text of its label file, or None for no file."""
    write_images(folder / "images", len(labels))
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    for index, text in enumerate(labels):
        if text is not None:
            (folder / "labels" / f"{index}.txt").write_text(text)
    if yaml:
        (folder / "data.yaml").write_text(yaml)
    return folder


def write_csv_set(folder, rows, header=ROW, count=3):
    """A CSV beside its images."""
    write_images(folder, count)
    (folder / "labels.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


def write_rotated(path, orientation):
    """A photograph stored 60 × 40 whose left edge is white, with that EXIF orientation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (60, 40))
    image.paste("white", (0, 0, 10, 40))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)


def everything(found):
    """All images of what `read_folder` gave, by name."""
    return {image.name: image for images in found.splits.values() for image in images}


def contents(splits):
    """What must be equal when a set is written and read again."""
    return {
        split: [
            (
                image.path.read_bytes(),
                image.width_px,
                image.height_px,
                image.annotations.boxes.tolist(),
                image.annotations.labels.tolist(),
                image.annotations.ignore.tolist(),
            )
            for image in images
        ]
        for split, images in splits.items()
        if images
    }
