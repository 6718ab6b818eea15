"""The figures are those of the metric views, over any span."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from buildkite_source.digest import SECTIONS
from tests.cli.running import Cli
from tests.destinations.conftest import postgres
from tests.destinations.server import PostgresServer
from tests.source.conftest import PRESENT

from .conftest import Company

__all__ = ["postgres"]

Row = dict[str, Any]
# What tells a row of a section from the others.
_NAMES = {
    "overall": (),
    "failing_pipelines": ("organization_slug", "pipeline_slug"),
    "flaky_steps": ("organization_slug", "pipeline_slug", "step", "parallel_group_index"),
    "flake_retries": ("organization_slug", "pipeline_slug"),
    "slowest_pipelines": ("organization_slug", "pipeline_slug", "branch_class"),
    "slowest_steps": ("organization_slug", "pipeline_slug", "step"),
    "longest_queue_waits": ("organization_slug", "cluster_id", "queue"),
    "standing_blocked": ("organization_slug", "pipeline_slug", "label"),
    "main_red_time": ("organization_slug", "pipeline_slug"),
}


def digest(cli: Cli, *arguments: str) -> dict[str, Any]:
    outcome = cli.loads("report", "--format", "json", "--top", "9999", *arguments)
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def week(cli: Cli) -> dict[str, Any]:
    """Return the digest of a week of the company as it was loaded; several tests look at it."""
    if not _WEEK:
        _WEEK.update(digest(cli, "--since", "7d"))
    return _WEEK


_WEEK: dict[str, Any] = {}


def rows(found: dict[str, Any], section: str) -> dict[tuple[Any, ...], Row]:
    names = _NAMES[section]
    listed = found["sections"][section]["rows"]
    by_name = {tuple(_spelled(row.get(name)) for name in names): row for row in listed}
    assert len(by_name) == len(listed)
    return by_name


def view(tables: duckdb.DuckDBPyConnection, name: str, days: int) -> list[Row]:
    cursor = tables.execute(f"SELECT * FROM {name} WHERE window_days = {days}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_the_rows_of_every_section_have_names() -> None:
    """A new section is told at once, not by the slow test that goes through all of them."""
    assert list(_NAMES) == [section.key for section in SECTIONS]


@pytest.mark.parametrize("days", [7, pytest.param(28, marks=pytest.mark.slow)])
def test_the_figures_are_those_of_the_views(
    loaded: Cli, tables: duckdb.DuckDBPyConnection, days: int
) -> None:
    found = week(loaded) if days == 7 else digest(loaded, "--since", f"{days}d")
    slugs = dict(tables.execute("SELECT id, slug FROM organizations").fetchall())
    for section in SECTIONS:
        if section.key in {"overall", "failing_pipelines", "standing_blocked", "flake_retries"}:
            continue
        listed = rows(found, section.key)
        told = {
            tuple(
                {**row, "organization_slug": slugs[row["organization_id"]]}.get(name)
                for name in _NAMES[section.key]
            ): row
            for row in view(tables, section.view, days)
        }
        assert listed
        for names, row in listed.items():
            for column, value in row.items():
                if column in told[names]:
                    assert value == plain(told[names][column]), (section.key, names, column)


def test_what_stands_is_counted(loaded: Cli, tables: duckdb.DuckDBPyConnection) -> None:
    found = rows(week(loaded), "standing_blocked")
    told = tables.execute(
        "SELECT organization_slug, pipeline_slug, label, count(*), max(blocked_seconds) "
        "FROM metric_standing_builds GROUP BY 1, 2, 3"
    ).fetchall()
    assert {names: row["builds"] for names, row in found.items()} == {
        tuple(row[:3]): row[3] for row in told
    }
    assert sum(row["builds"] for row in found.values()) > 0


@pytest.mark.parametrize("days", [7, pytest.param(28, marks=pytest.mark.slow)])
def test_success_rates_are_sums_over_the_branches_of_the_view(
    loaded: Cli, tables: duckdb.DuckDBPyConnection, days: int
) -> None:
    found = week(loaded) if days == 7 else digest(loaded, "--since", f"{days}d")
    told = view(tables, "metric_success_windows", days)
    (overall,) = rows(found, "overall").values()
    for name in ("n", "passed", "failed", "builds", "previous_n"):
        assert overall[name] == sum(row[name] for row in told) > 0
    assert overall["success_rate"] == overall["passed"] / overall["n"]
    assert overall["clean_success_rate"] == pytest.approx(
        sum(row["clean_passed"] for row in told) / overall["n"]
    )
    before = sum((row["previous_success_rate"] or 0) * row["previous_n"] for row in told)
    assert overall["previous_success_rate"] == pytest.approx(before / overall["previous_n"])
    failing = rows(found, "failing_pipelines")
    assert sum(row["failed"] for row in failing.values()) == overall["failed"]
    for (organization, pipeline), row in failing.items():
        own = [
            other
            for other in told
            if (other["organization_slug"], other["pipeline_slug"]) == (organization, pipeline)
        ]
        assert row["n"] == sum(other["n"] for other in own)
        assert row["success_rate"] == sum(other["passed"] for other in own) / row["n"]
    highs = [row["success_high"] for row in found["sections"]["failing_pipelines"]["rows"]]
    assert highs == sorted(highs)


@pytest.mark.slow
def test_any_span_equals_the_earlier_one_of_the_span_behind_it(loaded: Cli) -> None:
    """All that is compared is told twice: as the time itself and as the time before."""
    chance = random.Random(7)
    for _ in range(3):
        days = chance.randint(2, 12)
        end = PRESENT - timedelta(hours=chance.randint(24 * days, 24 * 30))
        start, behind = end - timedelta(days=days), end + timedelta(days=days)
        itself = digest(loaded, "--since", start.isoformat(), "--until", end.isoformat())
        later = digest(loaded, "--since", end.isoformat(), "--until", behind.isoformat())
        assert {one["since"] for one in itself["organizations"]} == {written(start)}
        assert {one["previous_since"] for one in later["organizations"]} == {written(start)}
        for section in SECTIONS:
            compared = {column.name for column in section.columns if column.compared}
            compared |= {column.n for column in section.columns if column.compared and column.n}
            here, there = rows(itself, section.key), rows(later, section.key)
            for names in here.keys() & there.keys():
                for column in compared:
                    value, before = here[names][column], there[names][f"previous_{column}"]
                    assert before == pytest.approx(value), (section.key, names, column)


def test_a_span_in_whole_numbers_by_hand(loaded: Cli, tables: duckdb.DuckDBPyConnection) -> None:
    since, until = PRESENT - timedelta(days=20, hours=5), PRESENT - timedelta(days=11)
    found = digest(loaded, "--since", since.isoformat(), "--until", until.isoformat())
    builds = tables.execute(
        "SELECT b.state, CASE WHEN b.blocked THEN j.last_at "
        "ELSE coalesce(b.finished_at, b.created_at) END FROM builds AS b LEFT JOIN ("
        "SELECT build_id, max(finished_at) AS last_at, "
        "bool_or(command NOT LIKE '%pipeline upload%' OR type = 'trigger') AS worked FROM jobs "
        "WHERE type IN ('script', 'trigger') AND started_at IS NOT NULL GROUP BY 1) AS j "
        "ON j.build_id = b.id "
        "WHERE b.state IN ('passed', 'failed') AND (NOT b.blocked OR j.worked)"
    ).fetchall()
    within = [state for state, at in builds if since <= at < until]
    (overall,) = rows(found, "overall").values()
    assert overall["n"] == len(within) > 20
    assert overall["failed"] == within.count("failed") > 0
    before = [state for state, at in builds if since - (until - since) <= at < since]
    assert overall["previous_n"] == len(before)


def test_scope_narrows_all_but_the_queues(loaded: Cli, tables: duckdb.DuckDBPyConnection) -> None:
    ((organization, pipeline),) = tables.execute(
        "SELECT organization_slug, pipeline_slug FROM metric_success_windows "
        "WHERE failed > 0 AND window_days = 28 ORDER BY failed DESC LIMIT 1"
    ).fetchall()
    chosen = ("--organization", organization, "--pipeline", pipeline)
    found = digest(loaded, "--since", "28d", *chosen)
    assert [one["organization"] for one in found["organizations"]] == [organization]
    assert found["pipelines"] == [pipeline]
    for section in _NAMES.keys() - {"overall", "longest_queue_waits"}:
        for row in rows(found, section).values():
            assert (row["organization_slug"], row["pipeline_slug"]) == (organization, pipeline)
    whole = digest(loaded, "--since", "28d", "--organization", organization)
    queues = "longest_queue_waits"
    assert rows(found, queues) == rows(whole, queues)
    assert rows(found, "failing_pipelines").items() <= rows(whole, "failing_pipelines").items()


@pytest.mark.slow
def test_postgres_tells_the_same(
    loaded: Cli, company: Company, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, url = "DESTINATION__POSTGRES__CREDENTIALS", postgres.url
    company.env[name] = url
    company.load("--destination", "postgres", "--dataset", "told")
    monkeypatch.setenv(name, url)
    # The two loads end at different moments.
    span = ("--since", "2026-08-20", "--until", "2026-09-05T12:00:00Z")
    here = digest(loaded, *span)
    there = digest(loaded, *span, "--destination", "postgres", "--dataset", "told")
    for section in _NAMES:
        ours, theirs = rows(here, section), rows(there, section)
        assert ours.keys() == theirs.keys()
        # In this company nobody has `retry-flakes` retry anything.
        assert ours or section == "flake_retries"
        for names, row in ours.items():
            for column, value in row.items():
                told = _spelled(theirs[names][column])
                assert _spelled(value) == pytest.approx(told), (section, names, column)


def _spelled(value: Any) -> Any:
    """PostgreSQL writes JSON, which matrix values are, with blanks."""
    return value.replace('": "', '":"').replace('", "', '","') if isinstance(value, str) else value


def plain(value: Any) -> Any:
    return written(value) if isinstance(value, datetime) else value


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
