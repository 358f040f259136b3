"""Pixels in, detections out; and the comparison of what does that."""
