"""What `scripts/measure/faults.py` does to the project, a kind of fault a file."""
