"""A trained detector on anybody's images and videos."""
