"""Text from outside as it may be shown: on one line, and without characters that a terminal would obey."""


def one_line(text: str) -> str:
    """`text` with every line end, control and invisible formatting character as a space, and no two spaces together."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
