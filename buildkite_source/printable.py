"""Text that others wrote, as it may be shown: no escape, no control or bidi mark reaches a screen.

A terminal obeys escape sequences, and marks such as U+202E turn around what is read.
"""

import re


def printable(text: str) -> str:
    """Return a text with a blank for all that is not to be seen, but line breaks and tabs."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in text)


def one_line(text: str) -> str:
    """Return a name or message on one line, so that it cannot pass for a line of ours."""
    return " ".join(printable(text).split())


def sentence(text: str) -> str:
    """Return words of others as a sentence that ends, so that ours can follow."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def code_span(text: str) -> str:
    """Return a text of one line as code in Markdown, in which it is no mark-up and no HTML.

    A `|` becomes `¦`, for tables have no other way.
    """
    text = text.replace("|", "¦")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
