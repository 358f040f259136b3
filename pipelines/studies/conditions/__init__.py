"""The axis ``conditions``: worse images, and parts of the test images."""
