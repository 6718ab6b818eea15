"""Answers have to go on: one that drips is ended.

The timeout of a socket begins anew with each byte, so that a byte now and then would hold a request
for ever. How long an answer takes in all is no measure: a log or an artifact may be long.
"""

import io
from functools import cache
from http.client import HTTPResponse
from time import monotonic
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# So many bytes have to come while an answer is waited for, after its first byte, for so long.
_SECONDS = 120.0
_BYTES = 64 << 10


class TooSlowError(TimeoutError):
    """An answer has begun, and next to nothing follows."""

    def __init__(self) -> None:
        super().__init__(
            f"its answer came too slowly, with less than {_BYTES:,} bytes in {_SECONDS:.0f} s"
        )


def keep_pace(session: requests.Session) -> None:
    """Have every answer to a session keep the pace, its head and its body.

    One that does not fails as one that does not come: `requests` raises an error of which
    `retries.is_late` is true.
    """
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter())


class _Adapter(HTTPAdapter):
    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of a host, or of a proxy of whatever kind, with such connections."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _paced(pool.ConnectionCls)
        return pool


@cache
def _paced(kind: Any) -> Any:
    if kind.response_class is _Answer:
        return kind
    return type(kind.__name__, (kind,), {"response_class": _Answer})


class _Answer(HTTPResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fp = io.BufferedReader(Paced(self.fp.detach()))


class Paced(io.RawIOBase):
    """Reads what a socket brings.

    What is counted is the time spent on waiting for it: whoever reads may take its own.

    Args:
        raw: Of the socket.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._begun = False
        self._came = 0
        self._waited = 0.0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        """Read what has come.

        Raises:
            TooSlowError: That is next to nothing.
        """
        before = monotonic()
        came: int | None = self._raw.readinto(buffer)
        # The timeout alone bounds the wait for the first byte: the server may have work to do.
        self._waited += monotonic() - before if self._begun else 0.0
        self._begun = True
        self._came += came or 0
        if came and self._waited >= _SECONDS:
            if self._came < _BYTES:
                raise TooSlowError
            self._came, self._waited = 0, 0.0
        return came

    def close(self) -> None:
        """Close the socket's side, too."""
        self._raw.close()
        super().close()
