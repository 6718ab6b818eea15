"""Build folders → items as API pages give them, several files at a time, folders in order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from buildkite_source.buckets import NoObjectError, Store, Stored
from buildkite_source.client import RawItem
from buildkite_source.tables import BUILDS, JOBS

from .ahead import ahead
from .contents import UnreadableError, items_in
from .layout import BuildFolder

# Files read at once, and bytes in flight: enough for a bucket to be the bound, even while a date is
# listed, and few enough to hold.
THREADS = 32
_BYTES = 64 << 20
# What a file counts for, beside its size.
_FILE_BYTES = 64 << 10
# Objects of a file, or why it cannot be read.
_Read = list[RawItem] | str


@dataclass(slots=True)
class Contents:
    """What is in a build folder.

    Attributes:
        folder: The folder.
        items: Objects by table: the build with its `jobs`, as a page of builds has it, and what
            hangs on it.
        unreadable: Keys of files that could not be read, with the reason.
        waiting: The file of the build itself is missing or not whole; nothing else counts then.
    """

    folder: BuildFolder
    items: dict[str, list[RawItem]] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    waiting: bool = False

    @property
    def size(self) -> int:
        """Bytes of the objects, unpacked."""
        return sum(len(item.raw) for items in self.items.values() for item in items)


def read_folders(
    store: Store, folders: Iterable[BuildFolder], now: datetime, threads: int = THREADS
) -> Iterator[Contents]:
    """Yield the contents of folders, in order.

    Args:
        store: Where they lie.
        folders: The folders; drawn no further ahead than is in flight.
        now: No version of a row is later than that.
        threads: Files to read at once, whatever their folders; 0 to read them one by one, which is
            quicker where nothing has to be waited for.

    Raises:
        BucketError: The store cannot be read.
    """

    def read(one: tuple[BuildFolder, Stored | None]) -> _Read:
        return _read(store, now, one[1]) if one[1] else []

    def weight(one: tuple[BuildFolder, Stored | None]) -> int:
        return (one[1].size if one[1] else 0) + _FILE_BYTES

    files = ((folder, file) for folder in folders for file in _wanted(folder))
    begun = ahead(files, read, threads=threads, most=_BYTES, weight=weight)
    for folder, of_folder in groupby(begun, lambda one: one[0][0]):
        yield _contents(folder, (made() for _, made in of_folder), now)


def _wanted(folder: BuildFolder) -> Iterable[Stored | None]:
    """Return the files to read: none of a folder that has no build (yet)."""
    return folder.files if folder.build else [None]


def _read(store: Store, now: datetime, file: Stored) -> _Read:
    try:
        # A clock that is ahead would have its rows stay whatever comes later.
        return items_in(store.read(file.key), min(file.modified, now).astimezone(UTC))
    except (UnreadableError, NoObjectError) as error:
        return str(error)


def _contents(folder: BuildFolder, read: Iterator[_Read], now: datetime) -> Contents:
    """Return the contents of a folder, of its files as they are drawn."""
    found = Contents(folder)

    def items_of(file: Stored) -> list[RawItem]:
        items = next(read)
        if isinstance(items, str):
            found.unreadable.append((file.key, items))
            return []
        return items

    build = items_of(folder.build) if folder.build else []
    if len(build) != 1:
        if len(build) > 1 and folder.build:
            found.unreadable.append((folder.build.key, f"it holds {len(build)} builds"))
        found.waiting = True
        return found
    found.items = {table: items_of(file) for table, file in folder.lists.items()}
    jobs = [item for file in folder.jobs for item in items_of(file)]
    found.items[BUILDS.name] = [_with_jobs(build[0], jobs, min(folder.pictured_at, now))]
    return found


def _with_jobs(build: RawItem, jobs: list[RawItem], pictured_at: datetime) -> RawItem:
    """Return the build as a page of builds has it: with its jobs inside.

    Of a key that comes twice the last one counts, should exports hold `jobs` after all.
    """
    if not jobs:
        return RawItem(build.raw, pictured_at.astimezone(UTC))
    body = build.raw.rstrip()[:-1].rstrip()
    comma = b"" if body.endswith(b"{") else b","
    listed = b",".join(job.raw for job in jobs)
    raw = b"".join((body, comma, b'"', JOBS.rows.encode(), b'":[', listed, b"]}"))
    return RawItem(raw, pictured_at.astimezone(UTC))
