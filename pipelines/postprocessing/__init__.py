"""What makes a detector's candidates its detections: duplicates go, scores are probabilities."""
