"""The classical detector: proposals, HOG, SVMs, regression, NMS."""
