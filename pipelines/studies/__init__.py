"""Seven questions people ask of classical and of deep learning, each measured on a finished run."""
