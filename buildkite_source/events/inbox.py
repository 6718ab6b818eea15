"""The inbox: one SQLite file, in which an event waits from its receipt until it is loaded.

An event is waiting, or loaded. What a load has taken waits on until the load is committed, so
that a load that dies leaves nothing to mend: the next one takes the same again. Of a loaded event
the id is kept for an hour, so that one that is sent twice is taken once.

Write-ahead log and `synchronous=FULL`: a transaction is synced to the disk before `add` returns. It
outlives a killed process, and a power cut as far as the disk keeps what it says it has written.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import orjson
from filelock import FileLock, Timeout

from buildkite_source.client import BuildkiteError

from .event import Event

_KNOWN_FOR = 3600.0
_TABLES = """
CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  received REAL NOT NULL,
  event BLOB,
  loaded REAL
);
CREATE INDEX IF NOT EXISTS waiting ON events (position) WHERE event IS NOT NULL;
CREATE INDEX IF NOT EXISTS loaded ON events (loaded) WHERE loaded IS NOT NULL;
"""


class InboxError(BuildkiteError):
    """The inbox cannot be used; the text says what to do."""


class Inbox:
    """Events on disk; safe to share between threads. One process has the file at a time.

    Every method raises `InboxError` if the disk is full or fails; what a method was to change is
    then as it was.

    Args:
        file: Where it is; made if it is not there, readable by its owner only.

    Raises:
        InboxError: Another process has it, or it cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._owner = FileLock(f"{file}.lock", timeout=0)
        with self._explained():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._owner.acquire()
            except Timeout:
                raise InboxError(
                    f"Another process receives events into {file}. Let each have its own by the "
                    "setting inbox."
                ) from None
            file.touch(mode=0o600)
            self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_TABLES)

    def add(self, events: Sequence[Event], now: float) -> list[bool]:
        """Keep events, in one transaction; return once they are on disk.

        Args:
            events: Any number.
            now: Seconds since the epoch.

        Returns:
            For each whether it is new.
        """
        rows = [(event["id"], now, orjson.dumps(event)) for event in events]
        sql = "INSERT OR IGNORE INTO events (id, received, event) VALUES (?, ?, ?)"
        with self._transaction():
            return [self._connection.execute(sql, row).rowcount == 1 for row in rows]

    def take(self, most: int) -> list[tuple[int, Event]]:
        """Return the oldest waiting events, each with its position; they go on waiting."""
        sql = "SELECT position, event FROM events WHERE event IS NOT NULL ORDER BY position LIMIT ?"
        with self._lock, self._explained():
            found = self._connection.execute(sql, (most,)).fetchall()
        return [(position, orjson.loads(event)) for position, event in found]

    def loaded(self, positions: Sequence[int], now: float) -> None:
        """Let events go: a load that holds them is committed."""
        sql = "UPDATE events SET event = NULL, loaded = ? WHERE position = ?"
        with self._transaction():
            self._connection.executemany(sql, ((now, position) for position in positions))
            self._connection.execute("DELETE FROM events WHERE loaded < ?", (now - _KNOWN_FOR,))

    def waiting(self) -> tuple[int, float | None]:
        """Return how many wait, and when the oldest of them was received."""
        sql = "SELECT count(*), min(received) FROM events WHERE event IS NOT NULL"
        with self._lock, self._explained():
            count, oldest = self._connection.execute(sql).fetchone()
        return count, oldest

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()
        self._owner.release()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; `sqlite3` would begin none before it is too late."""
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise InboxError(
                f"The inbox of events, {self._file}, cannot be used: {why}. See that there is room "
                "and that this user may write there, or name another file by the setting inbox. "
                "What is in it stays."
            ) from error
