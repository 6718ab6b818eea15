"""Goes through build exports once, however many loads that takes."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from typing import BinaryIO

from buildkite_source.buckets import Store, open_store
from buildkite_source.client import BuildkiteSession, ExportDayBegun, ExportsRead
from buildkite_source.settings import SECTIONS, Exports, SettingError, of_setting

from . import memory
from .ahead import ahead
from .layout import BuildFolder, Day, Strays, days, folders
from .listing import listed
from .logs import Log, fetch_log
from .memory import LOGS, ReadDay
from .reading import THREADS, Contents, read_folders

# Who names the folder of the exports means the bucket around it.
_WITHIN = re.compile(r"(?<=.)/?buildkite/build-exports/*$")
# Folders that are compared with the memory at once.
_COMPARED = 1_000
# Of JSON, that one load of a run holds: what a database needs to merge it grows with it.
_MOST_BYTES = 96 << 20
# What a log counts for, beside its size, of what is in flight.
_LOG_BYTES = 1 << 20
_EXAMPLES = 5


@dataclass(slots=True)
class DayEnd:
    """All folders of a date were read, or known.

    Attributes:
        day: The date.
        builds: Folders it has.
        newest_on: The newest date of the organization.
    """

    day: Day
    builds: int
    newest_on: str


class ExportReader:
    """Reads what was not read before; each load draws as much as it may hold.

    Constructing it asks nothing and needs no credentials.

    Args:
        settings: What to read.
        session: Hears of each date; tells the time, and when to stop.
        again: Read everything, whatever was read before.

    Attributes:
        read: What was read so far.
        troubled: Dates of which something could not be read: they are not told to have ended.

    Raises:
        SettingError: A setting cannot be used.
    """

    def __init__(
        self, settings: Exports, session: BuildkiteSession, *, again: bool = False
    ) -> None:
        if settings.exports_logs not in LOGS:
            raise SettingError(
                f"The setting exports_logs must be one of {', '.join(LOGS)}, unlike "
                f"{settings.exports_logs!r}."
            )
        first = _checked_date("exports_since", "--from", settings.exports_since)
        last = _checked_date("exports_until", "--to", settings.exports_until)
        if first and last and first >= last:
            raise SettingError(
                f"There is no date from {first} on and before {last}: exports_since (--from) is "
                "the first one to read, exports_until (--to) the first one to leave."
            )
        self._settings = settings
        self._session = session
        self._again = again
        self._drawn = self._given = 0
        self._ends: deque[tuple[int, DayEnd]] = deque()
        self._strays = Strays()
        self.troubled: set[Day] = set()
        self.read = ExportsRead(settings.exports_from or "")

    @property
    def logs(self) -> str:
        """Which logs are wanted: none, failed or all."""
        return self._settings.exports_logs

    @cached_property
    def store(self) -> Store:
        """Where the exports are.

        Raises:
            SettingError: Nobody said where.
            BucketError: There is no such store.
        """
        url = _WITHIN.sub("", self._settings.exports_from or "")
        if not url:
            raise SettingError(
                "Where are the build exports? Give s3://BUCKET, gs://BUCKET or a folder, as the "
                "argument of exports or the setting exports_from."
            )
        with of_setting("exports_from"):
            return open_store(url, (*SECTIONS, "exports"))

    def draw(self, most: int | None) -> Iterator[Contents | DayEnd]:
        """Yield what comes next: contents of folders, and the ends of dates.

        Args:
            most: Folders to yield, or fewer of great ones; None for all there are.
        """
        builds = size = 0
        while most is None or (builds < most and size < _MOST_BYTES):
            found = next(self._everything, None)
            if found is None:
                self.read.more = False
                return
            if isinstance(found, Contents):
                builds += 1
                size += found.size
            yield found
            if self._session.budget.stopped:
                return
        self.read.more = True

    def trouble(self, what: str) -> None:
        """Take note of an example of what could not be used."""
        if len(self.read.examples) < _EXAMPLES:
            self.read.examples.append(what)

    def logs_of(
        self, wanted: Iterable[tuple[Contents, Log]]
    ) -> Iterator[tuple[tuple[Contents, Log], Callable[[], BinaryIO]]]:
        """Yield logs in order, each with a function that returns its bytes; see `fetch_log`."""

        def fetch(one: tuple[Contents, Log]) -> BinaryIO:
            return fetch_log(self.store, one[1])

        def weight(one: tuple[Contents, Log]) -> int:
            return one[1].stored.size + _LOG_BYTES

        return ahead(
            wanted, fetch, threads=self._threads, most=THREADS * 2 * _LOG_BYTES, weight=weight
        )

    @property
    def _threads(self) -> int:
        return THREADS if self.store.waits else 0

    @cached_property
    def _everything(self) -> Iterator[Contents | DayEnd]:
        return self._read()

    def _read(self) -> Iterator[Contents | DayEnd]:
        now = self._session.clock.now()
        for contents in read_folders(self.store, self._new(), now, self._threads):
            self._given += 1
            if contents.waiting or contents.unreadable:
                self.troubled.add(contents.folder.day)
            self._count(contents)
            yield contents
            yield from self._ended()
        yield from self._ended()

    def _ended(self) -> Iterator[DayEnd]:
        """Yield the dates of which every folder has been given."""
        while self._ends and self._ends[0][0] <= self._given:
            end = self._ends.popleft()[1]
            if end.day not in self.troubled:
                yield end

    def _new(self) -> Iterator[BuildFolder]:
        """Yield the folders that were not read as they are, date by date."""
        wanted = self._days()
        for number, (day, objects) in enumerate(listed(self.store, wanted), 1):
            self._session.tell(ExportDayBegun(day.date, number, len(wanted)))
            builds = 0
            every = folders(day, objects, self._strays)
            while some := list(islice(every, _COMPARED)):
                builds += len(some)
                known = {} if self._again else memory.read_folders(some[0].key, some[-1].key)
                for folder in some:
                    if self._is_known(folder, known):
                        self.read.known += 1
                    else:
                        self._drawn += 1
                        yield folder
            self._ends.append((self._drawn, DayEnd(day, builds, wanted[day])))
        self.read.strays = self._strays.count
        for key in islice(self._strays.first, _EXAMPLES):
            self.trouble(f"{key}: not known")

    def _is_known(self, folder: BuildFolder, known: dict[str, tuple[str, str]]) -> bool:
        fingerprint, logs = known.get(folder.key, ("", ""))
        return fingerprint == folder.fingerprint() and memory.covers(logs, self.logs)

    def _days(self) -> dict[Day, str]:
        """Return the dates to be listed, each with the newest of its organization."""
        every = days(self.store, self._strays)
        newest = {day.organization_id: day.date for day in every}
        read = {} if self._again else memory.read_days()
        first, last = self._settings.exports_since or "", self._settings.exports_until
        within = [day for day in every if first <= day.date and (not last or day.date < last)]
        unsettled = [day for day in within if not self._is_settled(day, read)]
        self.read.outside = len(every) - len(within)
        self.read.settled = len(within) - len(unsettled)
        return {day: newest[day.organization_id] for day in unsettled}

    def _is_settled(self, day: Day, read: dict[tuple[str, str], ReadDay]) -> bool:
        """Whether a date was read whole when it lay far enough behind the newest one."""
        found = read.get((day.organization_id, day.date))
        if not found or not memory.covers(found.logs, self.logs):
            return False
        try:
            behind = date.fromisoformat(found.newest_on) - date.fromisoformat(day.date)
        except ValueError:
            return False
        return behind.days >= self._settings.exports_overlap

    def _count(self, contents: Contents) -> None:
        self.read.objects += len(contents.folder.files)
        self.read.size += contents.folder.size
        self.read.unreadable += len(contents.unreadable)
        if contents.waiting:
            self.read.waiting += 1
        else:
            self.read.builds += 1
        for key, reason in contents.unreadable:
            self.trouble(f"{key}: {reason}")
        if contents.waiting and not contents.unreadable:
            self.trouble(f"{contents.folder.key}: no file of the build")


def _checked_date(name: str, option: str, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise SettingError(
            f"The setting {name} ({option}) must be a date such as 2026-01-31, unlike {value!r}."
        ) from None
