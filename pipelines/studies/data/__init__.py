"""The axis data: quality against the number of training images."""
