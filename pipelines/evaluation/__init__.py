"""The shared evaluator: quality and latency of any detector, judged alike."""
