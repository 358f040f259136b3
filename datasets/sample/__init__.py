"""The sample set: 240 pictures of road signs, rendered from nothing but installed packages.

Six classes of signs are drawn from their public standard shapes and seen as a camera would see
them, among look-alikes that are no sign of ours, before real free photographs:

- `drawing`: polygons and lettering to RGBA pixels.
- `faces`: the six signs; `symbols`: their pedestrian and their arrows; `lookalikes`: the rest.
- `photographs`: the backgrounds and their licences, other ones for each split.
- `plan`: which signs and which background are in which picture.
- `weather`: light, shade and dirt on a sign; `lens`: how a camera sees a sign and a scene.
- `scene`: one labelled picture; `store`: the whole set as a cached Pascal VOC folder.
"""
