"""Class-agnostic candidate boxes."""
