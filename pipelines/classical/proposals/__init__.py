"""Candidate boxes: windows and GrabCut, ranked by objectness."""
