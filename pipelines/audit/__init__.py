"""Labels held against what trained detectors see, and what a person decides about them."""
