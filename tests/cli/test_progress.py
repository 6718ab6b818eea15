"""Progress with totals: bars on a terminal, lines elsewhere, and a report that leaves no doubt."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import dlt
import pytest
from rich.console import Console

from buildkite_simulator import Simulator
from buildkite_source.cli.progress import LiveProgress, PlainProgress, create
from buildkite_source.client import PageFetched, Stopping, UnknownFields, Waiting
from buildkite_source.load import Report, RunProgress, load
from buildkite_source.settings import Connection

_BUILDS = "/v2/organizations/acme/pipelines/web/builds"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def page(number: int, last: int, path: str = _BUILDS, left: int = 40) -> PageFetched:
    return PageFetched(path, number, last, left, 100, 50_000)


def terminal(width: int = 120) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=True, width=width), out


def shown(out: io.StringIO) -> str:
    return _ANSI.sub("", out.getvalue())


@pytest.mark.parametrize("width", [120, 80, 50])
def test_bars_show_pages_budget_rows_and_waits(width: int) -> None:
    console, out = terminal(width)
    bars = LiveProgress(console)
    with bars("Extract buildkite_source"):
        bars.on_event(page(1, 7, path="/v2/organizations"))
        bars.update("builds", 300)
        bars.update("jobs", 4_321)
        bars.on_event(page(3, 51, left=12))
        bars.on_event(Waiting(9.6, "the user's request budget"))
    text = shown(out)
    assert re.search(r"organizations +[━╺╸]+ +1/7 +pages", text)
    assert re.search(r"acme/web/builds +\S* *[━╺╸]+ +3/51 +pages", text)
    assert "2 requests, 12 left this minute; 300 builds, 4,321" in text
    assert re.search(r"waiting (9|10) s: the user's request budget", text)


def test_bars_of_the_steps_after_fetching() -> None:
    console, out = terminal()
    bars = LiveProgress(console)
    with bars("Extract buildkite_source"):
        bars.on_event(page(1, 1))
        bars.update("builds", 200)
    with bars("Normalize buildkite_source in 1.0"):
        bars.update("Files", 0, 2)
        bars.update("builds", 150)
    with bars("Load buildkite_source in 1.0"):
        bars.update("Jobs", 0, 4)
        bars.update("Jobs")
        bars.update("Jobs", 0, inc_total=1)
        bars.update("Jobs", 1, label="Failed")
    assert bars.rows == {"builds": 200}
    frames = shown(out)
    assert re.search(r"preparing [━╺╸]+ +150/200 +rows", frames)
    assert re.search(r"loading +[━╺╸]+ +1/5 +files", frames)
    assert "acme/web/builds" not in frames[frames.index("preparing") :]


def test_many_lists_keep_the_newest_bars() -> None:
    console, out = terminal()
    bars = LiveProgress(console)
    with bars("Extract buildkite_source"):
        for number in range(40):
            bars.on_event(page(1, 2, path=f"/v2/organizations/acme/pipelines/p{number}/builds"))
    last = shown(out).rsplit("acme/p34/builds", 1)
    assert len(last) == 2
    assert "acme/p39/builds" in last[1]
    assert "acme/p33/builds" not in last[1]


def test_lines_tell_the_first_and_the_last_page_and_each_wait() -> None:
    out = io.StringIO()
    lines = PlainProgress(out)
    with lines("Extract buildkite_source"):
        for number in range(1, 5):
            lines.on_event(page(number, 4))
            lines.update("builds", 100)
        lines.on_event(Waiting(12.2, "the user's request budget"))
    with lines("Extract _dlt_pipeline_state"):
        lines.update("_dlt_pipeline_state", 1)
    with lines("Normalize buildkite_source in 1.0"):
        lines.update("builds", 400)
    assert out.getvalue().splitlines() == [
        "fetching …",
        "acme/web/builds: page 1 of 4; 1 requests, 40 left this minute",
        "acme/web/builds: page 4 of 4; 4 requests, 40 left this minute; 300 builds",
        "waiting 12 s: the user's request budget",
        "fetched: 4 requests, 40 left this minute; 400 builds",
        "preparing …",
    ]


def test_lines_come_every_few_seconds_on_long_lists() -> None:
    out = io.StringIO()
    lines = PlainProgress(out, every=0.0)
    for number in range(1, 5):
        lines.on_event(page(number, 9))
    assert [line.split(";")[0] for line in out.getvalue().splitlines()] == [
        f"acme/web/builds: page {number} of 9" for number in range(1, 5)
    ]


def test_long_budgets_are_estimated_and_ctrl_c_says_how_to_stop_sooner() -> None:
    long = PageFetched(_BUILDS, 3, 400, 0, 100, 50_000, wait=480.0)
    console, screen = terminal()
    bars = LiveProgress(console)
    with bars("Extract buildkite_source"):
        bars.on_event(long)
        bars.on_event(Stopping())
    out = io.StringIO()
    lines = PlainProgress(out)
    lines.on_event(long)
    lines.on_event(Stopping())
    for text in (shown(screen), out.getvalue()):
        assert "about 8 min of budget left to wait" in text
        assert "Stopping after the page under way; Ctrl-C again stops at once." in text


def test_unknown_fields_are_collected() -> None:
    silent = RunProgress()
    silent.on_event(UnknownFields("jobs", {"a"}))
    silent.on_event(UnknownFields("jobs", {"b"}))
    assert silent.unknown == {"jobs": {"a", "b"}}


@pytest.mark.parametrize(
    ("mode", "is_terminal", "kind"),
    [
        ("auto", True, LiveProgress),
        ("auto", False, PlainProgress),
        ("live", False, LiveProgress),
        ("plain", True, PlainProgress),
        ("off", True, RunProgress),
    ],
)
def test_the_mode_decides_what_is_shown(mode: str, is_terminal: bool, kind: type) -> None:
    console = Console(file=io.StringIO(), force_terminal=is_terminal)
    assert type(create(mode, console)) is kind


def test_a_run_on_a_terminal(simulator: Simulator, workspace: Path) -> None:
    console, out = terminal()
    connection = Connection()
    connection.access_token = simulator.token
    connection.base_url = simulator.base_url
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    report = load(pipeline, connection=connection, progress=LiveProgress(console))
    text = shown(out)
    organization = simulator.world.organizations[0].slug
    assert re.search(rf"{organization}/builds +━+ +1/1 +pages", text)
    assert re.search(rf"3 requests, \d+ left this minute; .* {report.rows['jobs']:,} jobs", text)
    assert re.search(r"preparing [━╺╸]+ +(\d+)/\1 +rows", text)
    assert re.search(r"loading +[━╺╸]+ +(\d+)/\1 +files", text)
    # The bars leave the screen to the report.
    assert out.getvalue().endswith("\x1b[2K")


def test_the_report_names_everything_once() -> None:
    report = Report(
        rows={"builds": 12_345, "jobs": 7},
        requests=130,
        waited=61.4,
        retried=2,
        limited=1,
        seconds=75.04,
        unknown={"jobs": {"shiny", "new"}},
        secrets_left_out=["builds.env"],
        appends=True,
        oldest={"acme": datetime(2026, 8, 1, 12, tzinfo=UTC)},
        place="dataset ci in /data/ci.duckdb",
        next_command="dlt pipeline buildkite_pipeline info",
    )
    assert str(report).splitlines() == [
        "Loaded in 75.0 s:",
        "  builds     12,345 rows",
        "  jobs            7 rows",
        "Requests: 130, of which 2 were retries; waited 61 s for the budget; 1 times rate limited.",
        "Left out, as it may hold credentials (include_secrets): builds.env.",
        "Unknown fields, kept in jobs.extra: new, shiny.",
        "This destination only appends: of rows with the same id, the one with the latest "
        "fetched_at counts.",
        "Buildkite has no builds of acme from before 2026-08-01 12:00 UTC: it keeps them for 30, "
        "90 or 365 days, by plan.",
        "Data: dataset ci in /data/ci.duckdb",
        "Next: dlt pipeline buildkite_pipeline info",
    ]
