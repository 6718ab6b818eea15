"""The ledger of actions, beside the data: what stands there, and how it is written.

A claim is committed before its request leaves, and the answer after: whatever happens in between,
the next run finds the claim. On DuckDB and PostgreSQL each is a statement; elsewhere all claims of
a run are one dlt load, and all answers another.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

import dlt
from dlt import Pipeline
from dlt.common.utils import uniq_id
from sqlglot import exp

from buildkite_source.load.comments import comment
from buildkite_source.load.journal import BY_STATEMENT, load_beside
from buildkite_source.load.recovery import finish_or_set_aside
from buildkite_source.load.table_format import use_table_format
from buildkite_source.tables import ACTIONS, table_schema
from buildkite_source.warehouse.stored import rows_for, schema_of

from .outcome import COLUMNS, REAL, Outcome

# Two runs on two machines: the second waits until the first has committed its claim.
_ALONE = {"dlt.destinations.postgres": "LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"}

# Rows from which a load takes less time than statements.
_MANY = 100

# Of a build: its organization, pipeline and number.
BuildOf = tuple[str | None, str | None, int | None]


class Ledger:
    """Reads and writes the table `actions` of a dataset.

    Args:
        pipeline: Of the warehouse, synchronized with its destination, and nobody else's meanwhile.

    Attributes:
        one_by_one: Claims are made one by one; else all of a run at once.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._type = pipeline.destination.destination_type
        self.one_by_one = self._type in BY_STATEMENT
        self._stands = self._is_there()

    def standing(self, keys: Iterable[str]) -> dict[str, Outcome]:
        """Return the rows of these keys, by key."""
        wanted = [exp.Literal.string(key) for key in dict.fromkeys(keys)]
        if not wanted or not self._stands:
            return {}
        names = [exp.column(name) for name in COLUMNS]
        query = exp.select(*names).from_(ACTIONS.name).where(exp.column("key").isin(*wanted))
        found = (dict(zip(COLUMNS, row, strict=True)) for row in self._ask(query))
        return {row["key"]: _outcome(row) for row in found}

    def real_since(self, moment: datetime) -> int:
        """Return how many actions were carried out, or may have been, since a moment."""
        return sum(1 for (at,) in self._real("requested_at") if at and at >= moment)

    def real_by_build(self) -> Counter[BuildOf]:
        """Return how many actions were carried out, or may have been, by build."""
        return Counter(self._real("organization_slug", "pipeline_slug", "build_number"))

    def answer_ids(self, action: str) -> set[str]:
        """Return the ids of what actions of a kind have made."""
        return {told for name, told in self._real("action", "answer_id") if name == action and told}

    def claim(self, pairs: Sequence[tuple[Outcome, Outcome | None]]) -> set[str]:
        """Commit claims, and return the keys of those that are ours.

        Args:
            pairs: Each claim, and the row that stood there when it was decided.
        """
        if not (self.one_by_one and self._stands):
            self.write(claim for claim, _ in pairs)
            return {claim.key for claim, _ in pairs}
        return {claim.key for claim, before in pairs if self._claimed(claim, before)}

    def write(self, outcomes: Iterable[Outcome]) -> None:
        """Write rows in place of those of the same keys."""
        rows = {outcome.key: outcome.row() for outcome in outcomes}
        if not rows:
            return
        if self.one_by_one and self._stands and len(rows) <= _MANY:
            with self._open() as client, client.begin_transaction():
                for row in rows.values():
                    self._replace(client, row)
            return
        self._load([*rows.values()])
        self._stands = True

    def _claimed(self, claim: Outcome, before: Outcome | None) -> bool:
        with self._open() as client, client.begin_transaction():
            table = client.make_qualified_table_name(ACTIONS.name)
            if self._type in _ALONE:
                client.execute_sql(_ALONE[self._type].format(table=table))
            names = [client.escape_column_name(name) for name in ("status", "key")]
            ask = f"SELECT {names[0]} FROM {table} WHERE {names[1]} = %s"  # noqa: S608
            found = client.execute_sql(ask, claim.key) or []
            stands = [status for (status,) in found]
            if stands != ([before.status] if before else []):
                # Another run was faster.
                return False
            self._replace(client, claim.row())
        return True

    def _replace(self, client: Any, row: Mapping[str, Any]) -> None:
        """Replace the row of a key, within a transaction."""
        table = client.make_qualified_table_name(ACTIONS.name)
        escape = client.escape_column_name
        client.execute_sql(f"DELETE FROM {table} WHERE {escape('key')} = %s", row["key"])  # noqa: S608
        told = {name: value for name, value in row.items() if value is not None}
        told |= {"status": str(row["status"]), "fields": json.dumps(row["fields"])}
        told |= {"_dlt_load_id": self._load_id(client), "_dlt_id": uniq_id(10)}
        names, values = ", ".join(map(escape, told)), ", ".join(["%s"] * len(told))
        add = f"INSERT INTO {table} ({names}) VALUES ({values})"  # noqa: S608
        client.execute_sql(add, *told.values())

    def _load_id(self, client: Any) -> str:
        """Return the id of a load: rows belong to one, and these have none of their own."""
        loads = client.make_qualified_table_name(self._pipeline.default_schema.loads_table_name)
        ((newest,),) = client.execute_sql(f"SELECT max(load_id) FROM {loads}")  # noqa: S608
        return str(newest)

    def _load(self, rows: list[dict[str, Any]]) -> None:
        """Load rows by dlt; the trace of the pipeline stays that of what it had loaded."""
        pipeline = self._pipeline
        # What waits there would be loaded in their place.
        finish_or_set_aside(pipeline)

        @dlt.resource(
            name=ACTIONS.name,
            primary_key=ACTIONS.primary_key,
            write_disposition="merge",
            columns=table_schema(ACTIONS)["columns"],
        )
        def actions() -> Iterator[list[dict[str, Any]]]:
            yield [{**row, "status": str(row["status"])} for row in rows]

        load_beside(pipeline, [actions()], use_table_format(pipeline, None))
        comment(pipeline)

    def _real(self, *names: str) -> list[tuple[Any, ...]]:
        if not self._stands:
            return []
        real = exp.column("status").isin(*(exp.Literal.string(status) for status in REAL))
        return self._ask(exp.select(*map(exp.column, names)).from_(ACTIONS.name).where(real))

    def _ask(self, query: exp.Select) -> list[tuple[Any, ...]]:
        # Files are asked by DuckDB.
        dialect = self._client.sql_client.capabilities.sqlglot_dialect
        return rows_for(self._pipeline, query.sql(dialect=dialect))

    def _is_there(self) -> bool:
        schema = schema_of(self._pipeline)
        if not schema or ACTIONS.name not in schema.tables:
            return False
        with self._client as client:
            stored = dict(client.get_storage_tables([ACTIONS.name]))
        return set(COLUMNS) <= set(stored.get(ACTIONS.name, ()))

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with self._client.sql_client as client:
            yield client

    @cached_property
    def _client(self) -> Any:
        """The destination's client, once there is a schema; dlt takes long to make one."""
        schema: Any = schema_of(self._pipeline)
        return self._pipeline.destination_client(schema.name)


def _outcome(row: Mapping[str, Any]) -> Outcome:
    """Return a row as it was written: some destinations have no JSON, or no booleans."""
    fields = row["fields"]
    if isinstance(fields, str):
        fields = json.loads(fields)
    return Outcome.of_row({**row, "fields": fields or {}, "dry": bool(row["dry"])})
