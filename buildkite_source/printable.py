"""Text that others wrote, as it may be shown: no escape, no control or bidi mark reaches a screen.

A terminal obeys escape sequences, and marks such as U+202E turn around what is read.
"""


def printable(text: str) -> str:
    """Return a text with a blank for all that is not to be seen, but line breaks and tabs."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in text)


def one_line(text: str) -> str:
    """Return a name or message on one line, so that it cannot pass for a line of ours."""
    return " ".join(printable(text).split())
