"""The shared evaluator: quality and latency of any detector, judged alike.

`report_card.judge` returns all figures of detections, `latency.measure_latency` how long they
take; `scripts/evaluate_own_detector.py` is an example to copy.
"""
