"""The axis hardware: latency by form and device."""
