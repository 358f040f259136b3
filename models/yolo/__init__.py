"""The YOLO-style detector: network, assigner, losses, decoding and training."""
