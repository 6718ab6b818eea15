"""What a bucket and a folder have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from buildkite_source.client import BuildkiteError


class BucketError(BuildkiteError):
    """A bucket or folder cannot be read or written; the text says what to do."""


class NoObjectError(BucketError):
    """There is no object of this key."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of a bucket, or a file of a folder, as it is listed.

    Attributes:
        key: Its path below the root, with `/` between the parts.
        size: Bytes as they are stored.
        modified: When it was written, in UTC.
        mark: What changes whenever the content does: the bucket's etag, or a file's time of
            modification.
    """

    key: str
    size: int
    modified: datetime
    mark: str


@dataclass(frozen=True, slots=True)
class Level:
    """What lies directly below a prefix.

    Attributes:
        folders: Names of folders, in order.
        objects: Objects that lie in none of them.
    """

    folders: list[str]
    objects: list[Stored]


@dataclass(frozen=True, slots=True)
class Opened:
    """An object that is being read.

    Attributes:
        size: Bytes of the whole object.
        modified: When it was written, in UTC.
        chunks: Its bytes, about a megabyte at a time.
    """

    size: int
    modified: datetime
    chunks: Iterator[bytes]


class Store(Protocol):
    """A bucket or a folder; safe to share between threads.

    Prefixes are empty or end in `/`. Every method raises `BucketError` if the store cannot be
    read or written, and those that read one object `NoObjectError` if there is none.

    Attributes:
        name: What people call it, without credentials.
        waits: Its objects take a while to come, so that several are read at once; files of this
            machine come sooner one by one.
    """

    name: str
    waits: bool

    def level(self, prefix: str) -> Level:
        """Return what lies directly below a prefix; nothing if there is no such prefix."""

    def below(self, prefix: str) -> Iterator[Stored]:
        """Yield all objects below a prefix, at any depth, those of one folder together."""

    def read(self, key: str) -> bytes:
        """Return a whole object."""

    def open(self, key: str, tail: int | None = None) -> Opened:
        """Return an object to be streamed.

        Args:
            key: Of the object.
            tail: Only so many bytes from its end; None for all of it.
        """

    def write(self, key: str, content: bytes, media_type: str) -> None:
        """Let an object appear whole, in place of the one that was there.

        Args:
            key: Of the object.
            content: Of it.
            media_type: What browsers are told it is, by a bucket.
        """

    def remove(self, key: str) -> None:
        """Remove an object, if it is there; and folders that it leaves empty."""
