"""A set in each format as the README shows it: a cat at 10, 20 to 40, 50 in every image."""

import json

SIDE = 64  # pixels of an image
POINTS = [[10, 20], [40, 50]]
SHARES = {"x": 1000 / SIDE, "y": 2000 / SIDE, "width": 3000 / SIDE, "height": 3000 / SIDE}
RECT = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 30}


def voc(stem):
    return f"""<annotation><filename>{stem}.jpg</filename>
<size><width>64</width><height>64</height><depth>3</depth></size><object><name>cat</name>
<bndbox><xmin>11</xmin><ymin>21</ymin><xmax>40</xmax><ymax>50</ymax></bndbox></object>
</annotation>"""


def yolo(stem):
    return f"0 {25 / SIDE} {35 / SIDE} {30 / SIDE} {30 / SIDE}\n"


def labelme(stem):
    shape = {"label": "cat", "points": POINTS, "shape_type": "rectangle"}
    return json.dumps({"shapes": [shape], "imagePath": f"{stem}.jpg", "imageData": None})


def supervisely(stem):
    points = {"exterior": [[10, 20], [39, 49]], "interior": []}
    cat = {"classTitle": "cat", "geometryType": "rectangle", "points": points}
    return json.dumps({"tags": [], "size": {"width": 64, "height": 64}, "objects": [cat]})


def kitti(stem):
    return f"cat 0 0 0 10 20 40 50 {'0 ' * 7}\n"


def csv(stems):
    rows = [f"{stem}.jpg,cat,11,21,40,50" for stem in stems]
    return "\n".join(["filename,class,xmin,ymin,xmax,ymax", *rows])


def coco(stems):
    numbers = range(len(stems))
    box = {"category_id": 1, "bbox": [10, 20, 30, 30]}
    size = {"width": SIDE, "height": SIDE}
    document = {
        "images": [{"id": n, "file_name": f"{stems[n]}.jpg", **size} for n in numbers],
        "annotations": [{"id": n, "image_id": n, **box} for n in numbers],
        "categories": [{"id": 1, "name": "cat"}],
    }
    return json.dumps(document)


def cvat(stems):
    box = '<box label="cat" xtl="10" ytl="20" xbr="40" ybr="50"/>'
    images = [f'<image name="{stem}.jpg" width="64" height="64">{box}</image>' for stem in stems]
    return f"<annotations><version>1.1</version>{''.join(images)}</annotations>"


def labelstudio(stems):
    result = {"type": "rectanglelabels", "value": {**SHARES, "rectanglelabels": ["cat"]}}
    tasks = [
        {"id": n, "data": {"image": f"/data/upload/1/{stem}.jpg"}, "annotations": [annotation]}
        for n, stem in enumerate(stems)
        for annotation in [{"result": [result]}]
    ]
    return json.dumps(tasks)


def via(stems):
    region = {"shape_attributes": RECT, "region_attributes": {"class": "cat"}}
    images = {s: {"filename": f"{s}.jpg", "size": 9, "regions": [region]} for s in stems}
    return json.dumps(images)


def createml(stems):
    cat = {"label": "cat", "coordinates": {"x": 25, "y": 35, "width": 30, "height": 30}}
    return json.dumps([{"image": f"{stem}.jpg", "annotations": [cat]} for stem in stems])


AN_IMAGE = {f.__name__: f for f in (voc, yolo, labelme, supervisely, kitti)}
ALL_IMAGES = {f.__name__: f for f in (csv, coco, cvat, labelstudio, via, createml)}
