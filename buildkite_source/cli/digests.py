"""`report`: a digest of what is loaded, to print, to post or to open."""

import os
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
    Digest,
    Scope,
    Section,
    Span,
    as_html,
    as_json,
    as_markdown,
    collect,
)
from buildkite_source.settings import SettingError
from buildkite_source.warehouse.reader import Dataset

FORMATS: Mapping[str, Callable[[Digest, ZoneInfo], str]] = {
    "markdown": as_markdown,
    "html": as_html,
    "json": lambda digest, _: as_json(digest),
}


def report(chosen: Namespace, console: Console) -> None:
    """Print the digest, or write it to a file, which appears under its name when it is whole.

    Args:
        chosen: The arguments.
        console: Where to show how far it is.

    Raises:
        SettingError: With advice.
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    try:
        span = Span.parse(chosen.since, chosen.until, datetime.now(UTC))
    except ValueError as error:
        raise SettingError(str(error)) from None
    digest = collect(
        open_warehouse(Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset)),
        span,
        scope=Scope(tuple(chosen.organization), tuple(chosen.pipeline)),
        top=chosen.top,
        watch=_silent if chosen.quiet or chosen.progress == "off" else _Watch(console),
    )
    text = FORMATS[chosen.format](digest, chosen.zone)
    if not chosen.output:
        if chosen.format == "html":
            # A page has its own way to write what the terminal's encoding lacks.
            encoding = sys.stdout.encoding or "utf-8"
            text = text.encode(encoding, "xmlcharrefreplace").decode(encoding)
        print(text, end="")  # noqa: T201
        return
    _write(Path(chosen.output), text)
    if not chosen.quiet:
        console.print(f"Written: {chosen.output}", markup=False, highlight=False, soft_wrap=True)


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


def _write(file: Path, text: str) -> None:
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
    except OSError as error:
        raise SettingError(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _silent(sections: Sequence[Section]) -> Iterable[Section]:
    return sections


class _Watch:
    """Shows how many of the questions have been answered."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, sections: Sequence[Section]) -> Iterable[Section]:
        return track(sections, "Asking", console=self._console, transient=True)
