"""The machine: threads, devices, processes, files, progress."""
