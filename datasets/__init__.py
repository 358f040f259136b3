"""Images in, ground truth out: boxes, annotations, formats, splits and the rendered sample.

Conventions, held everywhere in the project:

- Images are ``(H, W, 3)`` uint8 RGB, upright as their EXIF orientation says.
- Boxes are ``(N, 4)`` float64 ``x1, y1, x2, y2`` in pixels of that upright image; the origin is
  the top left corner, right and bottom are exclusive.
- Labels are ``0 … C-1``; there is no background class.
"""
