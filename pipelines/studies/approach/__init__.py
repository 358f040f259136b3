"""The axis approach: each part of a detector made perfect in turn."""
