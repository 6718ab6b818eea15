"""A bucket of S3 or Google Cloud Storage, by obstore.

Measured against s3fs over 1,500 small objects of one server (docs/benchmarks.md): a third of the
time and a tenth of the processor's; and its lists come page by page.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError

from .model import BucketError, Level, NoObjectError, Opened, Stored

_CHUNK = 1 << 20
_Denied = PermissionDeniedError | UnauthenticatedError
_DENIED = re.compile("status code: 40[13] ")
_ELSEWHERE = re.compile("incorrectly configured region|PermanentRedirect|AuthorizationHeaderMal")
_READ, _WRITTEN = "read", "written"
_NEEDS = {
    _READ: "list the bucket and to get its objects (s3:ListBucket and s3:GetObject, or Storage "
    "Object Viewer). docs/exports.md",
    _WRITTEN: "list the bucket, and to get, put and delete its objects (s3:ListBucket, "
    "s3:GetObject, s3:PutObject and s3:DeleteObject, or Storage Object User). docs/posting.md",
}


class Bucket:
    """A bucket, or what lies below a prefix of one.

    Args:
        store: How obstore reaches it.
        name: Its URL.
    """

    waits = True

    def __init__(self, store: Any, name: str) -> None:
        self.name = name
        self._store = store

    def level(self, prefix: str) -> Level:
        """See `Store`."""
        with self._explained(prefix):
            found = obstore.list_with_delimiter(self._store, prefix or None)
        folders = [str(one).rstrip("/").rpartition("/")[2] for one in found["common_prefixes"]]
        return Level(sorted(folders), [_stored(one) for one in found["objects"]])

    def below(self, prefix: str) -> Iterator[Stored]:
        """See `Store`."""
        with self._explained(prefix):
            # A bucket lists its keys in order.
            for page in obstore.list(self._store, prefix or None, chunk_size=1_000):
                yield from map(_stored, page)

    def read(self, key: str) -> bytes:
        """See `Store`."""
        with self._explained(key):
            return bytes(obstore.get(self._store, key).bytes())

    def open(self, key: str, tail: int | None = None) -> Opened:
        """See `Store`."""
        with self._explained(key):
            options: Any = {"range": {"suffix": tail}} if tail else None
            found = obstore.get(self._store, key, options=options)
        return Opened(found.meta["size"], found.meta["last_modified"], self._chunks(found, key))

    def write(self, key: str, content: bytes, media_type: str) -> None:
        """See `Store`."""
        with self._explained(key, _WRITTEN):
            obstore.put(self._store, key, content, attributes={"Content-Type": media_type})

    def remove(self, key: str) -> None:
        """See `Store`."""
        with suppress(NoObjectError), self._explained(key, _WRITTEN):
            obstore.delete(self._store, key)

    def _chunks(self, found: Any, key: str) -> Iterator[bytes]:
        with self._explained(key):
            yield from map(bytes, found.stream(min_chunk_size=_CHUNK))

    @contextmanager
    def _explained(self, key: str, done: str = _READ) -> Iterator[None]:
        """Say what to do about an error; its own text may quote headers of the request."""
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            raise self._told(error, key, done) from None

    def _told(self, error: Exception, key: str, done: str) -> BucketError:
        # A list that is refused has no class of its own, only the answer in its text.
        text = str(error)
        if "NoSuchBucket" in text:
            return BucketError(
                f"There is no bucket {self.name}: check its name, and whose credentials these are."
            )
        if isinstance(error, NotFoundError | FileNotFoundError):
            return NoObjectError(f"{self.name} has no object {key}.")
        if isinstance(error, _Denied) or _DENIED.search(text):
            return BucketError(
                f"{self.name} may not be {done} with these credentials: they need to "
                f"{_NEEDS[done]} tells where to put them."
            )
        if _ELSEWHERE.search(text):
            return BucketError(
                f"{self.name} lies in another region than the one that was asked: put its "
                "region_name beside the credentials. docs/exports.md tells where."
            )
        return BucketError(
            f"{self.name} could not be {done} ({type(error).__name__}): check the name, the "
            "region and the network. What was loaded before is kept; run again to go on."
        )


def _stored(found: Any) -> Stored:
    mark = found["e_tag"] or found["version"] or found["last_modified"].isoformat()
    return Stored(found["path"], found["size"], found["last_modified"], mark)
