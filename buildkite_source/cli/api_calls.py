"""`api`: any address of the API, asked for with the token that reads."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from buildkite_source.client import (
    Event,
    Waiting,
    address_of,
    answer_of,
    every_item,
)
from buildkite_source.connection import open_session
from buildkite_source.settings import Connection

from .console import Voice

_LONG_WAIT = 5.0
_LARGEST_PAGE = "per_page=100"


def ask_api(chosen: Namespace, connection: Connection, voice: Voice) -> int:
    """Print what the API answers, as JSON, and return the exit code.

    With `--paginate` all pages are one array, printed as they come: one that breaks off, with an
    error, is no JSON.

    Raises:
        BuildkiteError: The address is none, or the request was refused.
    """
    address = address_of(chosen.address, chosen.query)
    if chosen.paginate and "per_page=" not in address:
        address = address_of(address, [_LARGEST_PAGE])
    session = open_session(connection)
    session.listener = _Listener(voice, quiet=chosen.quiet)
    with session, _until_enough():
        if chosen.paginate:
            _print_array(every_item(session, address))
        else:
            print(answer_of(session, address))  # noqa: T201
    return 0


@contextmanager
def _until_enough() -> Iterator[None]:
    """Print to a program that may have enough before the end, as `head` does."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _print_array(items: Iterable[str]) -> None:
    between = "["
    for item in items:
        sys.stdout.write(f"{between}{item}")
        between = ",\n"
    print("[]" if between == "[" else "]")  # noqa: T201


class _Listener:
    """Says when there is to be waited for the request budget."""

    def __init__(self, voice: Voice, *, quiet: bool) -> None:
        self._voice = voice
        self._quiet = quiet

    def __call__(self, event: Event) -> None:
        if isinstance(event, Waiting) and event.seconds >= _LONG_WAIT and not self._quiet:
            self._voice.say(f"Waiting {event.seconds:.0f} s: {event.reason}")
