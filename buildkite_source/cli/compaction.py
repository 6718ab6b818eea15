"""`compact`: files, to which loads only add rows, written anew with the latest row of each id."""

import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.progress import Progress

from buildkite_source.client import BuildkiteError
from buildkite_source.load.guards import BusyError, one_at_a_time
from buildkite_source.load.report import location_of
from buildkite_source.warehouse.compact import compact
from buildkite_source.warehouse.compact_files import Compacted
from buildkite_source.warehouse.reader import Dataset, Reader

# Seconds between lines on one table.
_PAUSE = 5.0


class LoadingError(BuildkiteError):
    """A load adds files to those that are to be compacted."""


def compact_files(chosen: Namespace, console: Console) -> None:
    """Compact a dataset, and print what became of its tables.

    Raises:
        LoadingError: A load of the pipeline is under way on this machine.
        NothingToCompactError: There is nothing to compact at this destination.
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    try:
        with one_at_a_time(chosen.pipeline_name):
            told = _compacted(chosen, console)
    except BusyError:
        raise LoadingError(
            f"A run of {chosen.pipeline_name} is under way. Compact once it has ended."
        ) from None
    if not chosen.quiet:
        print(told)  # noqa: T201


def _compacted(chosen: Namespace, console: Console) -> str:
    reader = Reader(Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset))
    nothing = f"Nothing is loaded yet: {location_of(reader.origin)}."
    try:
        pipeline = reader.open()
    except FileNotFoundError:
        return nothing
    # Into the reader's own folder.
    pipeline.sync_destination()
    if pipeline.first_run:
        return nothing
    with _Shown("off" if chosen.quiet else chosen.progress, console) as shown:
        found = list(compact(pipeline, shown, dry=chosen.dry_run))
    return "\n".join(_told(found, dry=chosen.dry_run)) + f"\nData: {location_of(reader.origin)}"


class _Shown:
    """Shows how far it is: a bar on a terminal, elsewhere a line a table and every few seconds."""

    def __init__(self, mode: str, console: Console) -> None:
        live = mode == "live" or (mode == "auto" and console.is_terminal)
        self._bar = Progress(console=console, transient=True, disable=not live)
        self._task = self._bar.add_task("")
        self._lines = None if live or mode == "off" else console
        self._said = ("", 0.0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, table: str, doing: str, done: int, total: int) -> None:
        """Show that so many files of a table are read or written."""
        text = f"{table}: {done:,} of {total:,} files {doing}"
        self._bar.update(self._task, description=text, completed=done, total=total)
        (name, at), now = self._said, time.monotonic()
        if self._lines and (name != table or now - at > _PAUSE):
            self._said = (table, now)
            self._lines.print(text, markup=False, highlight=False, soft_wrap=True)


def _told(found: Sequence[Compacted], *, dry: bool) -> list[str]:
    done = [one for one in found if not one.reason]
    width = max((len(one.table) for one in done), default=0)
    verb = "Would be compacted (nothing was changed)" if dry else "Compacted"
    lines = [f"{verb}: {len(done)} of {len(found)} tables."]
    for one in done:
        after = "fewer files" if one.files_after is None else _files(one.files_after)
        lines.append(
            f"  {one.table:<{width}}  {_files(one.files)} with {one.rows:,} rows: {after} with "
            f"{one.rows_after:,}"
        )
    for reason in dict.fromkeys(one.reason for one in found if one.reason):
        names = ", ".join(one.table for one in found if one.reason == reason)
        lines.append(f"Left as they are ({reason}): {names}.")
    return lines


def _files(number: int) -> str:
    return f"{number:,} file" + "s" * (number != 1)
