"""What the session tells a listener while it works."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PageFetched:
    """One page arrived.

    Attributes:
        path: URL path of the list.
        page: Number of the page.
        last: Number of the last page as far as the API tells, at least `page`.
        left: Requests left in the budget now.
        items: Objects on the page.
        size: Bytes of the decompressed body.
        wait: Seconds that the budget will make the rest of the list wait, as far as is known.
    """

    path: str
    page: int
    last: int
    left: int | None
    items: int
    size: int
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class FileAsked:
    """An answer came that is no page of a list: of a log, its size, or where an artifact lies.

    Attributes:
        left: Requests left in the budget now.
    """

    left: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The session sleeps for `seconds` because of `reason`."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class UnknownFields:
    """Fields turned up in `table` that the reference does not know; they are in `extra`."""

    table: str
    names: set[str]


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run was asked to stop and ends once the page under way has arrived."""


@dataclass(frozen=True, slots=True)
class ListRead:
    """The build list of `scope` has been read, as far as this load goes.

    Attributes:
        scope: Organization, or organization and pipeline.
        more: Wanted history is left for another load.
        left_out: Builds that no pass returned and that were not asked for, to keep to the bound.
        standing: Builds that stand blocked and were not read again, to keep to the bound on them.
        until: Up to when history was wanted.
        oldest: Creation time of the oldest build returned, if the wanted history ends long
            before it and the API seems to have forgotten what was earlier.
    """

    scope: str
    more: bool
    left_out: int
    standing: int
    until: datetime
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class HintsRead:
    """Builds that events named have been asked for.

    Attributes:
        scope: Their build list; "" where none is known.
        read: Builds that were read.
        gone: Builds that are not there any more.
        left: Builds that were not asked for, or may yet show up: left to the ordinary runs.
    """

    scope: str
    read: int
    gone: int
    left: int


@dataclass(frozen=True, slots=True)
class DetailsBegun:
    """The details of one more build or job are about to be fetched: number `number` of `total`."""

    kind: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class DetailsRead:
    """Details of one kind have been fetched, as far as this load goes.

    Attributes:
        kind: annotations, artifacts or logs.
        done: Builds or jobs whose details were fetched.
        reason: Name of the bound that ended the load, or "".
        waiting: Builds or jobs whose details were not fetched, most urgent first.
    """

    kind: str
    done: int
    reason: str
    waiting: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class GraphqlUsed:
    """Annotations were asked for by GraphQL.

    Attributes:
        builds: Builds it answered for.
        queries: Queries they took, retries too.
        points: Points they cost.
        left: Why it will not be asked again in this run, or "".
    """

    builds: int
    queries: int
    points: int
    left: str

    def __add__(self, other: "GraphqlUsed") -> "GraphqlUsed":
        """Return both uses as one."""
        return GraphqlUsed(
            self.builds + other.builds,
            self.queries + other.queries,
            self.points + other.points,
            self.left or other.left,
        )


@dataclass(frozen=True, slots=True)
class Skipped:
    """A resource is left out of the load, for this token may not read it.

    Attributes:
        resource: Its name.
        scope: Token scope it needs, or None.
        reason: What the API said, or that the token lacks the scope.
    """

    resource: str
    scope: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class StateReplaced:
    """What earlier loads left in dlt's state does not fit the destination, and is not used.

    Attributes:
        reason: What was found.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class RowRejected:
    """An object of the API lacks what its table cannot be without; it is in `rejected`.

    Attributes:
        table: Table it was meant for.
        reason: What it lacks.
        place: Where it is: the list, number or URL that it came with.
    """

    table: str
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class ExportDayBegun:
    """The build exports of one more date are about to be read: number `number` of `total`."""

    date: str
    number: int
    total: int


@dataclass(slots=True)
class ExportsRead:
    """Build exports have been read, as far as this run has come.

    Attributes:
        store: Bucket or folder.
        builds: Build folders read.
        objects: Objects read, logs too.
        size: Their bytes as stored.
        known: Build folders that are as they were when they were read.
        newer: Rows left out, as those that are loaded are newer.
        settled: Dates that were read whole and not listed again.
        outside: Dates that were not asked for.
        waiting: Build folders without a whole file of the build.
        unreadable: Objects that could not be read.
        strays: Files that have no place in the layout.
        left_out: Builds of organizations and pipelines that are not to be loaded.
        examples: The first few of what could not be used, each with the reason.
        more: Folders are left for another load.
    """

    store: str
    builds: int = 0
    objects: int = 0
    size: int = 0
    known: int = 0
    newer: int = 0
    settled: int = 0
    outside: int = 0
    waiting: int = 0
    unreadable: int = 0
    strays: int = 0
    left_out: int = 0
    examples: list[str] = field(default_factory=list)
    more: bool = False


Event = (
    PageFetched
    | FileAsked
    | Waiting
    | UnknownFields
    | Stopping
    | ListRead
    | HintsRead
    | DetailsBegun
    | DetailsRead
    | GraphqlUsed
    | Skipped
    | StateReplaced
    | RowRejected
    | ExportDayBegun
    | ExportsRead
)
