"""Build folders → items as API pages give them, several folders at a time, in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from buildkite_source.buckets import NoObjectError, Store, Stored
from buildkite_source.client import RawItem
from buildkite_source.tables import BUILDS, JOBS

from .contents import UnreadableError, items_in
from .layout import BuildFolder

# Folders in flight: enough for a bucket to be the bound, and few enough to hold.
THREADS = 32
_FOLDERS, _BYTES = 2 * THREADS, 64 << 20


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
        threads: Folders to read at once; 0 to read them one by one, which is quicker where
            nothing has to be waited for.
    """
    if not threads:
        yield from (read_folder(store, folder, now) for folder in folders)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="exports") as pool:
        flying: deque[tuple[int, Future[Contents]]] = deque()
        weight = 0
        try:
            for folder in folders:
                while flying and (len(flying) >= _FOLDERS or weight + folder.size > _BYTES):
                    size, landed = flying.popleft()
                    weight -= size
                    yield landed.result()
                flying.append((folder.size, pool.submit(read_folder, store, folder, now)))
                weight += folder.size
            while flying:
                yield flying.popleft()[1].result()
        finally:
            for _, begun in flying:
                begun.cancel()


def read_folder(store: Store, folder: BuildFolder, now: datetime) -> Contents:
    """Return the contents of one folder.

    Raises:
        BucketError: The store cannot be read.
    """
    found = Contents(folder)
    build = _read(store, folder.build, now, found) if folder.build else []
    if len(build) != 1:
        if len(build) > 1 and folder.build:
            found.unreadable.append((folder.build.key, f"it holds {len(build)} builds"))
        found.waiting = True
        return found
    jobs = [item for file in folder.jobs for item in _read(store, file, now, found)]
    found.items[BUILDS.name] = [_with_jobs(build[0], jobs, min(folder.pictured_at, now))]
    for table, file in folder.lists.items():
        found.items[table] = _read(store, file, now, found)
    return found


def _read(store: Store, file: Stored, now: datetime, found: Contents) -> list[RawItem]:
    try:
        # A clock that is ahead would have its rows stay whatever comes later.
        return items_in(store.read(file.key), min(file.modified, now).astimezone(UTC))
    except (UnreadableError, NoObjectError) as error:
        found.unreadable.append((file.key, str(error)))
        return []


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
