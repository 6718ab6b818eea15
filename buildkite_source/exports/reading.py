"""Build folders → items as API pages give them, several files at a time, folders in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from buildkite_source.buckets import NoObjectError, Store, Stored
from buildkite_source.client import RawItem
from buildkite_source.tables import BUILDS, JOBS

from .contents import UnreadableError, items_in
from .layout import BuildFolder

# Files read at once, and folders in flight: enough for a bucket to be the bound, even while a date
# is listed, and few enough to hold.
THREADS = 32
_FOLDERS, _BYTES = 2 * THREADS, 64 << 20
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
    read = partial(_read, store, now)
    if not threads:
        yield from (_contents(folder, map(read, folder.files), now) for folder in folders)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="exports") as pool:
        flying: deque[tuple[BuildFolder, list[Future[_Read]]]] = deque()
        weight = 0

        def land() -> Contents:
            folder, begun = flying[0]
            found = _contents(folder, (file.result() for file in begun), now)
            flying.popleft()
            return found

        try:
            for folder in folders:
                while flying and (len(flying) >= _FOLDERS or weight + folder.size > _BYTES):
                    weight -= flying[0][0].size
                    yield land()
                files = folder.files if folder.build else []
                flying.append((folder, [pool.submit(read, file) for file in files]))
                weight += folder.size
            while flying:
                yield land()
        finally:
            for _, begun in flying:
                for file in begun:
                    file.cancel()


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
