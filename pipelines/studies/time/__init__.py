"""The axis time: from training to ten thousand images."""
