"""Text from outside as it may be shown: without characters that a terminal would obey."""


def printable(text: str) -> str:
    """`text` with every line end, control and invisible formatting character as a space, each in its place."""
    return "".join(each if each.isprintable() else " " for each in text)


def one_line(text: str) -> str:
    """The same with no two spaces together, and none at either end."""
    return " ".join(printable(text).split())
