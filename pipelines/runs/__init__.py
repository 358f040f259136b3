"""A run's folder, its typed results, and finished runs opened and compared."""
