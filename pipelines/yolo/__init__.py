"""The end-to-end detector: letterbox, network, decoding, NMS."""
