"""The shared evaluator: quality and latency of any detector, judged alike.

`report_card.judge` says all there is to say of detections, `latency.measure_latency` how long they
take; `scripts/evaluate_own_detector.py` is an example to copy.
"""
