"""What a place for messages is."""

from collections.abc import Callable
from dataclasses import dataclass

from buildkite_source.client import BuildkiteError


class PostError(BuildkiteError):
    """A message was not posted, or may have been; the text says which, and no address."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a message.

    Attributes:
        name: What people call it, without anything secret.
        key: Tells it from every other place, and is no secret either.
        shown: What would be posted, to be looked at.
        post: Posts it, once; returns why that was not needed, if so. Raises `PostError`.
        foresee: Does the same but for posting.
    """

    name: str
    key: str
    shown: str
    post: Callable[[], str | None]
    foresee: Callable[[], str | None] = lambda: None
