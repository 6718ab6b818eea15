"""The benchmark at a size where it proves only that it runs, and that all contenders agree."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec
import pytest

from benchmarks import annotations, exports, metrics, payload, syncs
from benchmarks.contenders import QUERIES
from benchmarks.measure import Api, Sample, measure, serving
from benchmarks.metric_database import database_in, fill, folder_of
from benchmarks.report import Round, markdown
from buildkite_source.client.items import split
from buildkite_source.metrics import every_view
from buildkite_source.tables import BUILDS, JOBS, ORGANIZATIONS, PIPELINES, Shaper
from tests.cli.running import PROGRAMS, REPOSITORY, run
from tests.notebooks.running import find_browser

SIZE = (30, 2)


@pytest.fixture(scope="module")
def api():
    with serving(*SIZE) as running:
        yield running


@pytest.fixture(scope="module")
def floor(api: Api) -> Sample:
    return measure("floor", api)


@pytest.mark.parametrize(
    ("contender", "requests"),
    [pytest.param("ours", 3, marks=pytest.mark.slow), ("script", 1)],
)
def test_contenders_load_the_same_rows(api: Api, floor: Sample, contender: str, requests: int):
    sample = measure(contender, api)

    assert sample.rows == floor.rows
    assert [count for count, *_ in sample.rows] == [30, 60]
    assert sample.requests == requests
    assert sample.wall > 0
    assert sample.peak > 0


def test_payload_is_what_the_tables_document():
    lists = [
        ((ORGANIZATIONS,), [payload.organization()]),
        ((PIPELINES,), payload.pipelines()),
        ((BUILDS, JOBS), list(payload.builds(30, 5, payload.start_of_hour()))),
    ]

    for tables, objects in lists:
        items = split(msgspec.json.encode(objects), datetime.now(UTC))
        shaper = Shaper(tables)
        for table in tables:
            rows = shaper(table, items)
            assert rows.num_rows >= len(objects)
            assert rows["extra"].null_count == rows.num_rows


def test_report_shows_medians_ratios_and_missed_targets():
    rows = ((8000, 8000, 1), (80000, 80000, 2))

    def sample(wall: float, requests: int) -> Sample:
        return Sample(wall, wall, 700.0, requests, rows, 0.5, 0.0)

    measured = Round(
        builds=8000,
        jobs=10,
        size=2**20,
        samples={
            "floor": [sample(2.0, 80), sample(4.0, 80), sample(3.0, 80)],
            "ours": [sample(8.0, 82), sample(10.0, 82), sample(30.0, 84)],
        },
    )

    text = markdown([measured], runs=3)

    assert set(measured.samples) <= set(QUERIES)
    assert "10.0 (8.0-30.0)" in text
    assert "| 4.00 |" in text
    assert "- **NOT met**: ours at most 83 requests: 84" in text
    assert "- **NOT met**: ours at most 600 MiB: 700 MiB" in text
    assert "- **NOT met**: ours at most 3.5 x the floor: 4.00 x" in text


@pytest.mark.slow
def test_annotations_are_counted_by_every_way(capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    annotations.main(["--builds", "30"])

    rest, graphql, auto = (
        line.split("|")[2:4] for line in capsys.readouterr().out.splitlines()[-3:]
    )
    assert int(rest[0]) == 30
    assert int(rest[1]) == 0
    assert int(graphql[0]) == int(auto[0]) == 0
    assert 0 < int(graphql[1]) < 10


@pytest.mark.slow
def test_every_view_is_read_and_finds_rows(capsys: pytest.CaptureFixture[str]):
    metrics.main(["--builds", "300", "--jobs", "8", "--runs", "1"])

    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", capsys.readouterr().out, re.MULTILINE)
    assert {name for name, _ in rows} == {view.name for view in every_view()}
    # The rows have no job that waits; no event was received, and nothing retried.
    empty = {name for name, count in rows if count == "0"}
    of_events = {"metric_agent_states", "metric_job_states"}
    assert empty == {"metric_waiting_now", "metric_flake_retries", *of_events}


def test_a_database_that_is_kept_is_made_once(tmp_path: Path):
    with folder_of(tmp_path, 20, 2, tables=True) as folder:
        with duckdb.connect(str(fill(folder, 20, 2))) as connection:
            connection.execute("DELETE FROM ci.builds")
        # Made again, it would have other rows.
        with duckdb.connect(str(fill(folder, 30, 2)), read_only=True) as connection:
            assert connection.execute("SELECT count(*) FROM ci.builds").fetchall() == [(20,)]
    assert database_in(folder).exists()


@pytest.mark.slow
def test_a_notebook_is_opened_until_its_first_chart():
    if not find_browser() and not os.environ.get("REQUIRE_BROWSER"):
        pytest.skip("No Chromium on this machine: apt-get install chromium")
    # A process of its own: other tests may have a browser open in this one.
    size = ("--builds", "300", "--jobs", "4", "--runs", "1", "--rest", "0", "--tables")
    command = (PROGRAMS / "python", "-m", "benchmarks.notebooks", "--notebooks", "success_rates")
    outcome = run(*command, *size, cwd=REPOSITORY, env=dict(os.environ))

    assert outcome.code == 0, outcome.text
    (figures,) = re.findall(r"^\| `success_rates` \|(.*)\|$", outcome.out, re.MULTILINE)
    assert all(float(text.split()[0]) > 0 for text in figures.split("|"))
    assert figures.count("|") == 3


@pytest.mark.slow
def test_a_sync_with_nothing_new_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    syncs.main(["--runs", "1"])
    rows = re.findall(
        r"^\| (.+?) \| [\d.]+ \([\d.]+\) \| [\d.]+ \|$", capsys.readouterr().out, re.M
    )
    assert rows == ["dlt merges one row", "`--version`", "`--help`", "a sync with nothing new"]


@pytest.mark.slow
def test_exports_are_read_in_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    exports.main(["--builds", "60", "--bucket", "10", "--runs", "1"])
    told = capsys.readouterr().out
    assert re.findall(r"^\| (duckdb|ours) \| [\d.]+ \| [\d.]+ \| \d+ \|$", told, re.M) == [
        "duckdb",
        "ours",
    ]
    rows = re.findall(
        r"^\| (bare downloader|ours) \| (at once|after .+ s) \| [\d,]+ \|$", told, re.M
    )
    assert [way for way, _ in rows] == ["bare downloader", "ours"] * 6
    assert len({place for _, place in rows}) == 2
