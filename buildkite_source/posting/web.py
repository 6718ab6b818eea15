"""One JSON object to one address, once, and what became of it.

`requests` by itself: dlt's `send_slack_message` waits for ever and names the address, which is the
secret, in its errors; apprise cannot tell Discord to let nobody be mentioned.
"""

import json
import re
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from buildkite_source.printable import one_line

from .model import PostError

_LONGEST_REASON = 200
# Characters; what is shorter proves nothing to a service.
_SECRET = 6


def send_json(url: str, body: Any, timeout: float) -> None:
    """Post a JSON object; redirects are not followed, and nothing is sent twice.

    Args:
        url: The address; no error names it.
        body: What JSON is made of.
        timeout: Seconds to wait for a connection, and for the answer.

    Raises:
        PostError: It was refused, or nobody knows; the text says which.
    """
    session = requests.Session()
    # `requests` adds credentials of a .netrc file where there are none.
    session.auth = _as_it_is
    headers = {"Content-Type": "application/json"}
    try:
        with session:
            answer = session.post(
                url,
                json.dumps(body, ensure_ascii=False).encode(errors="replace"),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            said = _beginning(answer, time.monotonic() + timeout)
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, ValueError):
        raise PostError("its address is none of HTTP; nothing was posted.") from None
    except requests.RequestException as error:
        raise PostError(_of_connection(error)) from None
    if answer.status_code >= 300:
        reason = one_line(_without(said, url))
        told = f" ({reason})" if reason else ""
        # A server that fails may have done it before.
        so = "the message may have been" if answer.status_code >= 500 else "nothing was"
        raise PostError(f"it answered with {answer.status_code}{told}; {so} posted.")


def _beginning(answer: requests.Response, end: float) -> str:
    """Return the beginning of an answer, as far as it comes in time: a server may drip it."""
    read = b""
    for byte in answer.iter_content(1):
        read += byte
        if len(read) >= _LONGEST_REASON or time.monotonic() > end:
            break
    return read.decode(errors="replace")


def _without(text: str, url: str) -> str:
    """Return a text without anything of an address that may be its secret."""
    parts = urlsplit(url)
    pieces = {url, *re.split(r"[/?&=:@]", f"{parts.netloc}/{parts.path}?{parts.query}")}
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, "***") if len(piece) >= _SECRET else text
    return text


def _of_connection(error: requests.RequestException) -> str:
    inner = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.ConnectTimeout) or isinstance(inner, NewConnectionError):
        return "it could not be reached; nothing was posted."
    if isinstance(error, requests.Timeout):
        return "it did not answer in time; the message may have been posted."
    return "the connection broke; the message may have been posted."


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
