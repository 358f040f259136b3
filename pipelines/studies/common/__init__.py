"""What all axes share: measured cells, verdicts, plots."""
