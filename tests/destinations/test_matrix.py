"""What a destination holds and answers after loads of a world that moves: the same as DuckDB.

The servers are real; those that are not installed are left out.
"""

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from buildkite_source import BuildkiteError
from buildkite_source.answers.questions import Warehouse
from buildkite_source.cli.digests import FORMATS
from buildkite_source.cli.status import status
from buildkite_source.digest import Span, collect
from buildkite_source.metrics import every_view, possible
from buildkite_source.tables import (
    ANNOTATIONS,
    ARTIFACTS,
    BUILDS,
    JOB_LOG_LINES,
    JOB_LOGS,
    JOBS,
    ORGANIZATIONS,
    PIPELINES,
    Kind,
    Table,
)
from buildkite_source.warehouse.reader import Dataset
from tests.cli.conftest import cli
from tests.cli.running import PROGRAMS, Cli, run
from tests.engines.engine import differences
from tests.notebooks import every_notebook
from tests.oracle import stale
from tests.reading import from_duckdb
from tests.source.conftest import PRESENT
from tests.warehouse.test_loads import loading

from .conftest import postgres
from .places import (
    DATASET,
    PLACES,
    Loaded,
    azure,
    clickhouse,
    loaded,
    mariadb,
    s3,
    world_config,
)

__all__ = ["azure", "cli", "clickhouse", "loaded", "mariadb", "postgres", "s3", "world_config"]

_TABLES = (ORGANIZATIONS, PIPELINES, BUILDS, JOBS, ANNOTATIONS, ARTIFACTS, JOB_LOGS, JOB_LOG_LINES)
_NULL = "NULL"


@pytest.mark.slow
@pytest.mark.parametrize("loaded", PLACES, indirect=True)
def test_a_destination_is_as_good_as_duckdb(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_tables(loaded)
    assert_views(loaded)
    assert_status(loaded)
    assert_report(loaded)
    assert_notebooks(loaded)
    if loaded.places[1].destination == "filesystem" and loaded.places[1].table_format != "iceberg":
        monkeypatch.setattr("buildkite_source.cli.options.PIPELINE", loaded.targets[1][0])
        assert_compacted(loaded)
    first, second = loaded.load()
    assert first.requests == second.requests
    assert {read.done for read in second.details} == {0}


@pytest.mark.slow
def test_a_lake_is_read_while_a_load_runs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PLACES["ducklake"].settings(cli, None).items():
        monkeypatch.setenv(name, value)
    dataset = Dataset("buildkite_pipeline", "ducklake", DATASET)
    asked = "SELECT count(*), count(DISTINCT id) FROM builds"
    cli.loads("--destination", "ducklake", "--since", "1d")
    cli.simulator.world.clock.advance(timedelta(hours=5))
    seen = []
    with loading(cli, "--destination", "ducklake", "--since", "30d") as load:
        while load.poll() is None:
            seen += Warehouse(dataset).ask(asked).rows.values.tolist()
    seen += Warehouse(dataset).ask(asked).rows.values.tolist()
    rows = [count for count, _ in seen]
    assert seen == [[count, count] for count in rows]
    assert rows == sorted(rows)
    assert rows[0] < rows[-1] == len(cli.simulator.world.truth()["builds"])


def assert_tables(loaded: Loaded) -> None:
    """Every table equals DuckDB's, whose mirrors are those of the world."""
    got = from_duckdb(loaded.cli.folder / "one.duckdb", DATASET)
    assert stale(got, loaded.truth()) == []
    duckdb, other = loaded.warehouses()
    for table in _TABLES:
        want, got = (rows_of(one, table) for one in (duckdb, other))
        if loaded.places[1].blank_is_null:
            want = [tuple(_NULL if value == "" else value for value in row) for row in want]
        assert len(got) == len(want) > 0, table.name
        assert set(want) ^ set(got) == set(), table.name


def assert_views(loaded: Loaded) -> None:
    """Views that a destination can have answer as DuckDB's; it says which it cannot."""
    duckdb, other = loaded.warehouses()
    views = list(possible(every_view(), _tables(duckdb)))
    number = loaded.places[1].views or len(views)
    told = loaded.first[1].views
    if loaded.places[1].destination != "filesystem":
        of = f" of {len(views)} made. Left out" if number < len(views) else " made"
        assert f"Metric views: {number}{of}" in told
    answered = 0
    for view in views:
        asked = f"SELECT * FROM {view.name}"
        answer = other.ask(asked)
        assert answer.missing == (number < len(views) and view.name in told), view.name
        if not answer.missing:
            answered += 1
            want = as_tuples(duckdb.ask(asked).rows, blank=not loaded.places[1].blank_is_null)
            assert differences(want, as_tuples(answer.rows), 2e-3) == [], view.name
    assert answered == number


def assert_status(loaded: Loaded) -> None:
    told = [status(*target).splitlines() for target in loaded.targets]
    counts = [[line for line in lines if " builds (" in line] for lines in told]
    assert counts[0] == counts[1] != []
    runs = [[line for line in lines if re.match(r" +\d{4}-", line)] for lines in told]
    assert len(runs[0]) == len(runs[1]) == 2, told[1]


def assert_report(loaded: Loaded) -> None:
    span = Span.parse("30d", None, PRESENT + timedelta(hours=8))
    duckdb, other = loaded.warehouses()
    if refusal := loaded.places[1].refusal:
        with pytest.raises(BuildkiteError, match=refusal):
            collect(other, span)
        return
    digests = [collect(one, span) for one in (duckdb, other)]
    for form, as_page in FORMATS.items():
        pages = [as_page(digest, ZoneInfo("Europe/Berlin")) for digest in digests]
        if form == "json":
            # The last digits of a sum depend on the order of what is added.
            pages = [
                json.loads(page, parse_float=lambda text: f"{float(text):.6g}") for page in pages
            ]
        assert pages[0] == pages[1], form


def assert_notebooks(loaded: Loaded) -> None:
    pages = [shown(*target) for target in loaded.targets]
    if refusal := loaded.places[1].refusal:
        assert all(refusal in page for page in pages[1].values())
        return
    for name, page in pages[0].items():
        other = pages[1][name]
        # Of each destination on its own: how old the data is, and which loads it is from.
        if name not in ("live", "data_quality"):
            assert figures(other) == figures(page) != [], name
        assert other.count("vega-lite") == page.count("vega-lite"), name


def figures(page: str) -> list[str]:
    return re.findall(r"<marimo-stat [^>]*>", page)


def assert_compacted(loaded: Loaded) -> None:
    _, other = loaded.warehouses()
    before = rows_of(other, JOBS)
    place = ("--destination", "filesystem", "--dataset", DATASET)
    assert "Compacted: " in loaded.cli.loads("compact", *place).out
    assert rows_of(other, JOBS) == before


def shown(pipeline: str, destination: str, dataset: str) -> dict[str, str]:
    """Return what each notebook shows as a script of its own."""
    program = Path(every_notebook.__file__)
    place = {"NOTEBOOKS__DESTINATION": destination, "NOTEBOOKS__DATASET": dataset}
    command = (PROGRAMS / "python", program, "run", pipeline)
    outcome = run(*command, cwd=Path.cwd(), env={**os.environ, **place}, timeout=600)
    assert outcome.code == 0, outcome.err
    return {name: page for name, _, page in map(json.loads, filter(None, outcome.out.splitlines()))}


def as_tuples(rows: pd.DataFrame, *, blank: bool = True) -> list[tuple[Any, ...]]:
    plain = rows.astype(object).where(rows.notna(), None).itertuples(index=False, name=None)
    return [tuple(None if value == "" and not blank else value for value in row) for row in plain]


def comparable(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the rows in an order of their own, without what differs from load to load.

    Float sums depend on the order of what is added; the API's clock, which tells answers of the
    same second apart, on how many pages came before.
    """
    return sorted(tuple(map(_text, row)) for row in rows.itertuples(index=False))


def _text(value: Any) -> str:
    if pd.isna(value):
        return _NULL
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value.round("ms") if isinstance(value, pd.Timestamp) else value)


def rows_of(warehouse: Warehouse, table: Table) -> list[tuple[str, ...]]:
    """Return a table's rows by their columns' kinds: some keep times as text, truth as numbers."""
    columns = table.without_secrets().columns
    rows = warehouse.ask(
        f"SELECT {', '.join(each.name for each in columns)} FROM {table.name}"
    ).rows
    for column in columns:
        if column.kind is Kind.TIMESTAMP:
            times = pd.to_datetime(rows[column.name], utc=True, format="ISO8601")
            rows[column.name] = times.dt.floor("s" if column.name == "fetched_at" else "ms")
        elif column.kind is Kind.BOOLEAN:
            rows[column.name] = rows[column.name].astype("boolean")
        elif column.kind is Kind.JSON:
            rows[column.name] = rows[column.name].map(_json, na_action="ignore")
    return comparable(rows)


def _json(value: Any) -> str:
    return json.dumps(json.loads(value) if isinstance(value, str) else value, sort_keys=True)


def _tables(duckdb: Warehouse) -> set[str]:
    sql = f"SELECT table_name FROM duckdb_tables() WHERE schema_name = '{DATASET}'"
    client: Any = duckdb._client
    with client:
        return {name for (name,) in client.execute_sql(sql)}
