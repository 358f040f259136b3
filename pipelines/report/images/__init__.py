"""Pictures with boxes drawn in."""
