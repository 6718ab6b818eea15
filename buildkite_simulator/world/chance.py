"""What looks random about a thing that nothing is stored of: always the same for the same thing."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def number(*parts: object) -> int:
    """Return a large number that depends on `parts` alone."""
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


def chance(*parts: object) -> float:
    """Return a number in [0, 1) that depends on `parts` alone."""
    return number(*parts) / (1 << 48)


def pick(options: Sequence[T], *parts: object) -> T:
    """Return one of `options`, as `parts` decide."""
    return options[number(*parts) % len(options)]
