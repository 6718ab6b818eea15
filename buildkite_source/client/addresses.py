"""Addresses within the API as people type them, checked: none leads anywhere else.

Paths of the reference (https://buildkite.com/docs/apis/rest-api) are made of slugs, numbers and
ids, so that nothing in them is ever encoded: what is, is refused, and `..` with it.
"""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from .errors import BuildkiteError

_VERSION = "v2"
_SEGMENT = re.compile(r"[A-Za-z0-9._~:@+,=-]+")
_DOTS = re.compile(r"\.+")
# Old samples of the API show credentials in the query, where they would end up in logs.
_CREDENTIAL_NAME = re.compile(
    r"(.*[_-])?(token|api[_-]?key|auth|authorization|bearer|jwt|password|secret)",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(r"bk[a-z]{1,4}_|bearer[ +]|eyJ[A-Za-z0-9_-]+\.", re.IGNORECASE)
# Asks for a credential of a suite, and is none.
_NO_CREDENTIAL = frozenset({"show_api_token"})


class AddressError(BuildkiteError, ValueError):
    """What was typed is no address within the API."""


def address_of(path: str, query: Iterable[str] = ()) -> str:
    """Return path and query, below the REST base and without a slash in front.

    Args:
        path: Such as `/v2/organizations/acme/builds?state=failed`, or without the `/v2/`.
        query: Further parameters, each as `name=value`.

    Raises:
        AddressError: It is absolute, leads up or elsewhere, or holds a credential.
    """
    text, _, asked = path.partition("?")
    address = "/".join(_segments(text))
    pairs = [*_pairs(asked), *(pair for one in query for pair in [_pair(one)])]
    for name, value in pairs:
        _check_parameter(name, value)
    return f"{address}?{urlencode(pairs, safe='[]:')}" if pairs else address


def segments_of(address: str) -> list[str]:
    """Return the parts of the path of a checked address."""
    return address.partition("?")[0].split("/")


def _segments(text: str) -> list[str]:
    if "://" in text or text.startswith("//"):
        raise AddressError(
            "An address within the API is needed, such as organizations/acme/builds, and no URL: "
            "the host is that of the setting base_url."
        )
    if text.startswith("/") and not text.startswith(f"/{_VERSION}/"):
        raise AddressError(
            f"An address that begins with a slash begins with /{_VERSION}/; without one it is "
            f"below that, such as organizations/acme/builds."
        )
    segments = text.removeprefix("/").removeprefix(f"{_VERSION}/").split("/")
    for segment in segments:
        if _CREDENTIAL.match(segment):
            raise _credential()
        if not _SEGMENT.fullmatch(segment) or _DOTS.fullmatch(segment):
            raise AddressError(
                f"No part of an address within the API is {segment!r}: it is made of slugs, "
                "numbers and ids. Parameters go behind a ? or into --query NAME=VALUE."
            )
    return segments


def _pairs(asked: str) -> list[tuple[str, str]]:
    if not asked.isprintable() or "#" in asked:
        raise AddressError("The query of an address holds what no query holds: encode it.")
    return parse_qsl(asked, keep_blank_values=True)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise AddressError(f"A parameter is NAME=VALUE, unlike {text!r}.")
    return name, value


def _check_parameter(name: str, value: str) -> None:
    if not name or not name.isprintable() or not value.isprintable():
        raise AddressError("The query of an address has a name or value that cannot be shown.")
    is_named_so = _CREDENTIAL_NAME.fullmatch(name) and name not in _NO_CREDENTIAL
    if is_named_so or _CREDENTIAL.match(value):
        raise _credential()


def _credential() -> AddressError:
    return AddressError(
        "No credential belongs into an address, where logs and proxies keep it. The token is the "
        "setting access_token (SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN)."
    )
