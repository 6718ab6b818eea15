"""`report`: a digest of what is loaded, to print, to post or to open."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import track

from buildkite_source.answers.questions import Warehouse
from buildkite_source.digest import (
    Condition,
    Digest,
    Scope,
    Section,
    Span,
    UnknownNameError,
    as_html,
    as_json,
    as_markdown,
    collect,
    plain,
)
from buildkite_source.posting import message_of
from buildkite_source.posting.forms import markdown
from buildkite_source.settings import SettingError
from buildkite_source.warehouse.reader import Dataset
from buildkite_source.whole_file import write_whole

from .console import Voice

FORMATS: Mapping[str, Callable[[Digest, ZoneInfo], str]] = {
    "markdown": as_markdown,
    "html": as_html,
    "json": lambda digest, _: as_json(digest),
    "message": lambda digest, zone: markdown(message_of(digest, zone)) + "\n",
}
_HOLDS, _FAILED, _BAD_ARGUMENT = 3, 1, 2


def report(chosen: Namespace, console: Console, voice: Voice) -> int:
    """Print the digest, write it to a file or post it, and return the exit code.

    A file appears under its name when it is whole. The code is 3 where a condition of `--fail-if`
    holds, else 1 where a post failed; 2 where a condition is on a name that there is not, and then
    nothing is written or posted.

    Args:
        chosen: The arguments.
        console: Where to show how far it is.
        voice: Speaks to the person.

    Raises:
        SettingError: With advice.
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    span = span_of(chosen)
    settings = None
    if chosen.post:
        # What acts and loads takes longer to import than all the rest.
        from .posts import prepared

        settings = prepared(chosen, voice)
    warehouse = open_warehouse(Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset))
    digest = collect(
        warehouse,
        span,
        scope=Scope(tuple(chosen.organization), tuple(chosen.pipeline)),
        top=chosen.top,
        watch=_Watch(console) if _is_watched(chosen, console) else _silent,
    )
    try:
        holding = _holding(chosen.fail_if, digest, voice)
    except UnknownNameError as error:
        voice.say(str(error))
        return _BAD_ARGUMENT
    if chosen.output or not chosen.post:
        _write(digest, chosen, voice)
    went_well = True
    if settings:
        from .posts import post

        went_well = post(chosen, settings, digest, warehouse, voice)
    return _HOLDS if holding else 0 if went_well else _FAILED


def _holding(conditions: Sequence[Condition], digest: Digest, voice: Voice) -> bool:
    """Say of each condition what becomes of it, if it holds or cannot be told."""
    found = plain(digest) if conditions else {}
    told = [condition.told(found) for condition in conditions]
    for one in told:
        if one.holds is not False:
            voice.say(one.sentence)
    return any(one.holds for one in told)


def _write(digest: Digest, chosen: Namespace, voice: Voice) -> None:
    text = FORMATS[chosen.format](digest, chosen.zone)
    if not chosen.output:
        if chosen.format == "html":
            # A page has its own way to write what the terminal's encoding lacks.
            encoding = sys.stdout.encoding or "utf-8"
            text = text.encode(encoding, "xmlcharrefreplace").decode(encoding)
        print(text, end="")  # noqa: T201
        return
    try:
        write_whole(Path(chosen.output), text.encode())
    except OSError as error:
        raise SettingError(f"{chosen.output} cannot be written: {error.strerror}.") from None
    if not chosen.quiet:
        voice.say(f"Written: {chosen.output}")


def span_of(chosen: Namespace) -> Span:
    """Return the time that the arguments name.

    Raises:
        SettingError: They name none.
    """
    try:
        return Span.parse(chosen.since, chosen.until, datetime.now(UTC))
    except ValueError as error:
        raise SettingError(str(error)) from None


def open_warehouse(dataset: Dataset) -> Warehouse:
    """Return the warehouse of a dataset.

    Raises:
        SettingError: Nothing is loaded into it.
    """
    try:
        return Warehouse(dataset)
    except FileNotFoundError:
        raise SettingError(
            f"Nothing is loaded yet into the dataset {dataset.name} of {dataset.pipeline}: run "
            "without a command first."
        ) from None


def _is_watched(chosen: Namespace, console: Console) -> bool:
    """Whether somebody sees a bar; of one that goes again, a log has an empty line."""
    return console.is_terminal and not chosen.quiet and chosen.progress != "off"


def _silent(sections: Sequence[Section]) -> Iterable[Section]:
    return sections


class _Watch:
    """Shows how many of the questions have been answered."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, sections: Sequence[Section]) -> Iterable[Section]:
        return track(sections, "Asking", console=self._console, transient=True)
