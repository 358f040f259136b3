"""What the classical detector learns and computes: channels, HOG, SVMs, regression, objectness."""
