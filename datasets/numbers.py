"""Numbers as text without losing a bit."""


def plain(number: float) -> str:
    """Return the shortest text that gives the number again; whole numbers have no point."""
    return str(int(number)) if number == int(number) else repr(float(number))
