"""`api`: any address of the API, asked for with the token that reads, or sent to as an action."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from buildkite_source.client import (
    address_of,
    answer_of,
    every_item,
)
from buildkite_source.connection import open_session
from buildkite_source.printable import one_line
from buildkite_source.settings import Connection, SettingError

from .act_rows import text_of_file
from .acting import acting_settings, actor_for, not_sent
from .console import Voice
from .terminal import until_enough
from .waits import tell_waits

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
    session.listener = tell_waits(voice, quiet=chosen.quiet)
    with session, until_enough():
        if chosen.paginate:
            _print_array(every_item(session, address))
        else:
            print(answer_of(session, address))  # noqa: T201
    return 0


def send_to_api(chosen: Namespace, connection: Connection, voice: Voice) -> int:
    """Send to an address, with `--yes`; else say what would be sent. Return the exit code.

    It is an action as others are: by a token of its own, where it is allowed, and in the ledger.

    Raises:
        BuildkiteError: The address is none, or what is to be sent is no JSON.
    """
    address, body = address_of(chosen.address, chosen.query), _body(chosen)
    settings = acting_settings(voice)
    row = {"key": f"api/{uuid4()}", "action": "api", "method": chosen.method, "path": address}
    with actor_for(chosen, connection, settings, voice) as actor:
        (outcome,) = actor.perform([{**row, "body": body}], dry=not chosen.yes)
    if not chosen.quiet or outcome.went_wrong:
        names = f" with {', '.join(map(one_line, body))}" if isinstance(body, dict) else ""
        answer = ", ".join(filter(None, (outcome.answer_id, outcome.answer_url)))
        told = f"{chosen.method} /v2/{address}{names}\n{outcome.told}"
        print(f"{told} ({one_line(answer)})" if answer else told)  # noqa: T201
        if not chosen.yes:
            print(not_sent([outcome]))  # noqa: T201
    return 1 if outcome.went_wrong else 0


def _body(chosen: Namespace) -> Any:
    """Return what is to be sent; None for nothing."""
    if not chosen.input:
        return dict(chosen.field) or None
    text = text_of_file(chosen.input)
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        # Its text may be a secret.
        body = None
    if not isinstance(body, dict | list):
        raise SettingError(f"{chosen.input} is no JSON object or list.")
    return body


def _print_array(items: Iterable[str]) -> None:
    between = "["
    for item in items:
        sys.stdout.write(f"{between}{item}")
        between = ",\n"
    print("[]" if between == "[" else "]")  # noqa: T201
