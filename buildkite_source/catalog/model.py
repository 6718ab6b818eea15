"""What an endpoint is: where it is, what it needs, how it is paged, which table it fills."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

from buildkite_source.client import Body
from buildkite_source.tables import Table


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One GET endpoint that lists or describes something, read once for each of its parents.

    Names in braces in the path, and the `@` columns of the table, are taken from the parent: with
    `noun="team"` the parent's children know its `id` as `team_id`; any other name is what the
    parent itself got from its own parent.

    Attributes:
        table: What its objects become.
        path: Below the API's base, without a leading slash.
        scope: Token scope it needs; None where any token will do.
        parent: Table whose rows it is asked for; None where it is asked for once.
        noun: What children call one of its objects; "" where nothing hangs on them.
        group: Name under which it is chosen with others; "" where it is chosen by name only.
        body: What it answers with.
        params: Query parameters; lists get `per_page` besides, unless `paged` is False.
        headers: Request headers.
        paged: Whether it takes `per_page`.
        newest: Time in its objects by which it is sorted, newest first: reading ends at what
            earlier loads have. "" to read all of it every time.
        late_days: Objects may still change so many days after that time.
        constants: `@` columns that are the same for all its rows.
        absent_on: Statuses that mean that this parent has no such thing.
        also: Further tables read from the same objects.
    """

    table: Table
    path: str
    scope: str | None
    parent: str | None = "organizations"
    noun: str = ""
    group: str = ""
    body: Body = Body.LIST
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    paged: bool = True
    newest: str = ""
    late_days: int = 0
    constants: Mapping[str, str] = field(default_factory=dict)
    absent_on: frozenset[int] = frozenset()
    also: tuple[Table, ...] = ()

    @property
    def name(self) -> str:
        """Name of the resource, which is that of the table."""
        return self.table.name

    @property
    def pages(self) -> str:
        """Name of the resource that yields its pages."""
        return f"{self.name}_pages"

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables read from its objects."""
        return (self.table, *self.also)

    def placeholders(self) -> list[str]:
        """Return the names in braces in the path."""
        return [name for _, name, _, _ in Formatter().parse(self.path) if name]

    def taken(self) -> list[str]:
        """Return the names that its rows take from the parent."""
        own = {"fetched_at", "extra", *OF_THE_FETCH, *self.constants}
        paths = [
            column.path[1:]
            for table in self.tables
            for column in table.columns
            if column.path.startswith("@")
        ]
        return [name for name in dict.fromkeys(paths) if name not in own]


# `@` columns that no parent knows, but the fetch or what is loaded already.
OF_THE_FETCH = ("first_seen_at", "last_seen_at", "observed_at", "known_from", "base_url")
