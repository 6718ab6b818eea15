"""Heavy views that are kept as tables: after whatever happens they have the rows of the views."""

import random
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dlt
import pytest

from buildkite_source.load.guards import OpenFile
from buildkite_source.metrics import Given, asking, create_views, every_view, possible, statement
from buildkite_source.metrics import refresh as refresh_module
from buildkite_source.metrics.materialized import materializable, table_of
from buildkite_source.tables import (
    BUILDS,
    JOB_LOG_LINES,
    JOB_LOGS,
    JOBS,
    MISSING_BUILDS,
    PIPELINES,
    SLICES,
)

from .random_rows import AS_OF, random_rows
from .test_create import destination_of, empty
from .warehouse import GIVEN, Row, at
from .worlds import moved

_TABLES = (BUILDS, JOBS, PIPELINES, JOB_LOGS, JOB_LOG_LINES, MISSING_BUILDS, SLICES)
_TRUTH = "truth"
_KEPT = materializable(every_view())


class Dataset:
    """Tables that hold what a test says, and two sets of views: kept ones, and plain ones."""

    def __init__(self, pipeline: dlt.Pipeline, client: Any) -> None:
        self.pipeline = pipeline
        # One for all that is asked: to make one takes longer than most questions.
        self.client = client
        self.name = pipeline.dataset_name
        self.dialect = str(client.capabilities.sqlglot_dialect)
        self.run(f"DROP SCHEMA IF EXISTS {_TRUTH} CASCADE")
        self.run(f"CREATE SCHEMA {_TRUTH}")
        for view in possible(every_view(), {table.name for table in _TABLES}):
            query = statement(view, self.dialect, self._place, GIVEN)
            self.run(f"CREATE VIEW {_TRUTH}.{view.name} AS {query}")

    def _place(self, name: str) -> tuple[str, str]:
        return (_TRUTH if name.startswith("metric_") else str(self.name), name)

    def run(self, sql: str, *values: Any) -> list[Any]:
        return list(self.client.execute_sql(sql, *values) or ())

    def hold(self, rows: dict[str, list[Row]]) -> None:
        """Have the tables hold these rows, and no others."""
        with self.client.begin_transaction():
            for table in _TABLES:
                self.run(f"DELETE FROM {self.name}.{table.name}")
                found = [
                    {**row, "_dlt_load_id": "1", "_dlt_id": str(number)}
                    for number, row in enumerate(rows.get(table.name, ()))
                ]
                if found:
                    keys = list(dict.fromkeys(key for row in found for key in row))
                    names = ", ".join(f'"{key}"' for key in keys)
                    marks = ", ".join([f"({', '.join(['%s'] * len(keys))})"] * len(found))
                    self.run(
                        f"INSERT INTO {self.name}.{table.name} ({names}) VALUES {marks}",
                        *(row.get(key) for row in found for key in keys),
                    )

    def refresh(self, given: Given = GIVEN, **settings: Any) -> Any:
        return create_views(self.pipeline, given, tables_from=0, **settings)

    def rows(self, name: str, columns: Sequence[str]) -> list[Any]:
        names = ", ".join(f'"{column}"' for column in columns)
        found = self.run(f"SELECT {names} FROM {name}")
        return sorted(
            (tuple(round(v, 5) if isinstance(v, float) else v for v in row) for row in found),
            key=repr,
        )

    def settings(self) -> list[Any]:
        """Return what DuckDB is set to, of what holds for the whole process."""
        names = ", ".join(f"'{name}'" for name in asking.IN_BULK)
        sql = f"SELECT name, value FROM duckdb_settings() WHERE name IN ({names})"
        return self.run(sql) if self.dialect == "duckdb" else []

    def check(self) -> None:
        for view in _KEPT:
            wanted = self.rows(f"{_TRUTH}.{view.name}", view.columns)
            assert self.rows(f"{self.name}.{view.name}", view.columns) == wanted, view.name

    def kept(self) -> set[str]:
        """Return the views that read their table."""
        found = self.run(
            "SELECT table_name, view_definition FROM information_schema.views "
            f"WHERE table_schema = '{self.name}'"
        )
        return {name for name, text in found if table_of(name) in text}


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.slow)])
def dataset(request: pytest.FixtureRequest, workspace: Path) -> Iterator[Dataset]:
    destination = destination_of(request, workspace)
    name = f"of_{zlib.crc32(request.node.name.encode()):x}"
    pipeline = dlt.pipeline("tables", destination=destination, dataset_name=name)
    # Each question would read the text of all views.
    with OpenFile(pipeline):
        pipeline.run(empty(*_TABLES))
        with pipeline.sql_client() as client:
            yield Dataset(pipeline, client)


def few_at_a_time(monkeypatch: pytest.MonkeyPatch, builds: int) -> None:
    monkeypatch.setattr(refresh_module, "BUILDS_AT_A_TIME", builds)


@pytest.mark.parametrize(
    ("seed", "steps", "builds"),
    [(1, 2, 15), *(pytest.param(seed, 6, 40, marks=pytest.mark.slow) for seed in range(1, 6))],
)
def test_what_changes_is_worked_out_again(
    dataset: Dataset, seed: int, steps: int, builds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_at_a_time(monkeypatch, 7)
    dice, rows = random.Random(seed), random_rows(seed, builds=builds)
    dataset.hold(rows)
    assert dataset.refresh().refreshed == builds
    dataset.check()
    for step in range(1, steps + 1):
        moved(dice, rows, at(AS_OF) + timedelta(hours=step))
        dataset.hold(rows)
        made = dataset.refresh()
        assert not made.not_kept
        dataset.check()
    assert dataset.refresh().refreshed == 0
    assert dataset.kept() == {view.name for view in _KEPT}


@pytest.mark.slow
def test_no_job_is_left_out_of_its_batch(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    few_at_a_time(monkeypatch, 7)
    rows = random_rows(8, builds=20)
    # Looked for between the first and the last of their batch; each at another time, far from its
    # build.
    for number, job in enumerate(rows["jobs"]):
        job["created_at"] = at(AS_OF) + timedelta(days=number * 37 % 101, microseconds=number)
    dataset.hold(rows)
    dataset.refresh()
    dataset.check()
    rows["jobs"][3]["created_at"] = None
    dataset.hold(rows)
    dataset.refresh(anew=True)
    dataset.check()


@pytest.mark.slow
def test_a_view_of_another_definition_is_made_anew_alone(dataset: Dataset) -> None:
    dataset.hold(random_rows(5, builds=20))
    dataset.refresh()
    _set_mark(dataset, "metric_step_commits", "of an older version")
    dataset.run(f"DELETE FROM {dataset.name}.materialized_step_commits")
    assert dataset.refresh().refreshed == 20
    dataset.check()
    # Prices are in none of them.
    priced = Given({"gpu": 9.0}, GIVEN.deploying_pipelines)
    assert dataset.refresh(priced).refreshed == 0
    # All rest on which builds are settled.
    # Almost all rest on which builds are settled.
    other = Given(GIVEN.queue_prices, GIVEN.deploying_pipelines, blocked_builds="open")
    assert dataset.refresh(other).refreshed == 20
    assert dataset.refresh(GIVEN).refreshed == 20
    dataset.check()


def test_what_was_interrupted_goes_on_and_nobody_sees_half_of_it(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_at_a_time(monkeypatch, 5)
    dataset.hold(random_rows(6, builds=10))
    settings = dataset.settings()

    def stop(done: int, total: int) -> None:
        assert dataset.settings() != settings or not settings
        if done >= total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.refresh(tell=stop)
    assert dataset.settings() == settings
    assert dataset.kept() == set()
    seen: list[tuple[int, int]] = []
    dataset.refresh(tell=lambda done, total: seen.append((done, total)))
    # What was done before is not done again.
    assert seen[-1][0] == seen[-1][1] <= 5
    assert dataset.kept() == {view.name for view in _KEPT}
    dataset.check()


@pytest.mark.slow
def test_below_the_size_and_when_turned_off_they_are_views(dataset: Dataset) -> None:
    rows = random_rows(7, builds=20)
    dataset.hold(rows)
    create_views(dataset.pipeline, GIVEN, tables_from=len(rows["jobs"]) + 1)
    assert dataset.kept() == set()
    create_views(dataset.pipeline, GIVEN, tables_from=len(rows["jobs"]))
    assert dataset.kept() == {view.name for view in _KEPT}
    create_views(dataset.pipeline, GIVEN, tables_from=None)
    assert dataset.kept() == set()
    left = dataset.run(
        "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'materialized%' "
        f"AND table_schema = '{dataset.name}'"
    )
    assert left == []
    dataset.check()


@pytest.mark.slow
def test_what_fails_leaves_views(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = random_rows(8, builds=20)
    dataset.hold(rows)
    dataset.refresh()
    moved(random.Random(1), rows, at(AS_OF) + timedelta(hours=1))
    dataset.hold(rows)
    dataset.run(f"ALTER TABLE {dataset.name}.materialized_attempts RENAME TO elsewhere")
    made = dataset.refresh()
    assert "materialized_attempts" in made.not_kept
    assert dataset.kept() == set()
    dataset.check()
    # The command `views --again` begins anew.
    assert dataset.refresh(anew=True).not_kept == ""
    dataset.check()


def _set_mark(dataset: Dataset, name: str, mark: str) -> None:
    path = f"{dataset.name}.materialized_state"
    dataset.run(f"UPDATE {path} SET mark = %s WHERE name = %s", mark, name)
    dataset.run(f"DELETE FROM {path} WHERE name = '*'")
