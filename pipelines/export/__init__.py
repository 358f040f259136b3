"""A trained network for other runtimes, described and held to the original."""
