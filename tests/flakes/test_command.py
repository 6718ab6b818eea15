"""`retry-flakes` from load to load: what is retried, noted and told, and never twice."""

import html
import re
from datetime import timedelta

import duckdb
import pytest

from buildkite_simulator import ManualClock, RecordedRequest
from buildkite_simulator.world.model import Build
from tests.cli.running import REPOSITORY, Cli

from .planting import HOSTILE

pytestmark = pytest.mark.with_views
PAGE = REPOSITORY / "docs" / "actions.md"
_SETTING = "SOURCES__BUILDKITE_SOURCE__"
_PATH = "/v2/organizations/acme/pipelines/web/builds"


@pytest.fixture(autouse=True)
def allowed(cli: Cli, made: dict[str, Build], monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds of acme may be retried and annotated; the token that reads can do neither."""
    del made  # Before: what is loaded may not depend on these.
    writer = cli.simulator.add_token(scopes=("write_builds",))
    cli.secrets.append(writer)
    reader = cli.simulator.add_token(scopes=("read_organizations", "read_pipelines", "read_builds"))
    cli.secrets.append(reader)
    monkeypatch.setenv(f"{_SETTING}ACCESS_TOKEN", reader)
    monkeypatch.setenv(f"{_SETTING}ACTIONS__ACCESS_TOKEN", writer)
    monkeypatch.setenv(f"{_SETTING}ACTIONS__PIPELINES", '["acme/*"]')
    monkeypatch.setenv(f"{_SETTING}ACTIONS__ACTIONS", '["retry_failed_jobs", "annotate"]')


def writes(cli: Cli) -> list[tuple[str, str]]:
    """Return the writes since the last time, without the reads."""
    found = [(each.method, each.path) for each in cli.simulator.requests if is_write(each)]
    cli.simulator.reset_requests()
    return found


def is_write(request: RecordedRequest) -> bool:
    return request.method not in ("GET", "HEAD")


def retry_flakes(cli: Cli, clock: ManualClock, *arguments: str) -> str:
    since = clock.now() - timedelta(minutes=90)
    return cli.loads("retry-flakes", "--since", since.isoformat(), *arguments).out


def annotations(cli: Cli, build: Build) -> dict[str, str]:
    rows = cli.simulator.world.truth(include=["annotations"])["annotations"]
    of_build = [row for row in rows if row["build_id"] == build.id]
    return {row["context"]: row["body_html"] for row in of_build}


def test_from_failure_to_green(cli: Cli, clock: ManualClock, made: dict[str, Build]) -> None:
    told = retry_flakes(cli, clock)
    assert "more than an hour old" in told
    for says in ("unit", "8", "30", "26.7 %", "14.2 %", "acme/web/25", "acme/web/26"):
        assert says in told
    for says in (
        "failed by a step that is not known to be flaky: 2 (acme/web/28, acme/web/27)",
        "of a pipeline that deploys, and not named with --pipeline: 1 (acme/ship/25)",
        "retried by somebody already: 1 (acme/web/29)",
        "followed by a newer build of its branch: 1 (acme/web/30)",
    ):
        assert f"Not retried, {says}" in told
    assert "Nothing was sent" in told
    assert writes(cli) == []

    told = retry_flakes(cli, clock, "--yes")
    retried = [("PUT", f"{_PATH}/{number}/retry_failed_jobs") for number in (26, 25)]
    noted = [("POST", f"{_PATH}/{number}/annotations") for number in (26, 25)]
    assert writes(cli) == [*retried, *noted]
    assert told.count(": done") == 4
    assert "\u202e" not in told
    for name, build in made.items():
        assert ("retry-flakes" in annotations(cli, build)) is (name in ("flaky", "hostile"))
    check_harmless(annotations(cli, made["hostile"])["retry-flakes"])

    again = retry_flakes(cli, clock, "--yes")
    assert "Not retried, retried, rebuilt or refused by an action before: 2" in again
    assert writes(cli) == []

    clock.advance(minutes=30)
    cli.loads("--quiet")
    assert "acme/web/25" not in retry_flakes(cli, clock, "--yes")
    assert writes(cli) == []
    with duckdb.connect(str(cli.database), read_only=True) as connection:
        rows = connection.execute(
            "SELECT build_number, outcome, retries, steps FROM "
            "buildkite_data.metric_flake_retries ORDER BY 1"
        ).fetchall()
        (told,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
        assert connection.execute(told).fetchall()[0][:2] == ("saved", 2)
    assert rows[0] == (25, "saved", 1, "unit")
    assert rows[1][:3] == (26, "saved", 2)
    report = cli.loads("report", "--since", "30d").out
    assert "## Flakes retried" in report
    assert "| [`web`](<https://buildkite.com/acme/web>) | 2 | 2 | 0 |" in report


def check_harmless(body: str) -> None:
    """The hostile step is code in a cell of its own: no mark-up, no mention, no further cell."""
    assert "\u202e" not in body
    (row,) = [line for line in body.splitlines() if "alert(1)" in line]
    assert row.count("|") == 6
    name = HOSTILE.replace("|", "¦").removesuffix(" \u202e")
    assert row.startswith(f"| ``{html.escape(name, quote=False)}`` | 8 |")


def test_so_many_a_run_and_what_deploys_by_name_only(
    cli: Cli, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{_SETTING}RETRY_FLAKES_MOST", "1")
    for number in (26, 25):
        told = retry_flakes(cli, clock, "--yes")
        assert ("Not retried, left for the next run: 1 (acme/web/25)" in told) is (number == 26)
        puts = [path for method, path in writes(cli) if method == "PUT"]
        assert puts == [f"{_PATH}/{number}/retry_failed_jobs"]
    retry_flakes(cli, clock, "--yes", "--pipeline", "ship", "--organization", "acme")
    assert [path for method, path in writes(cli) if method == "PUT"] == [
        "/v2/organizations/acme/pipelines/ship/builds/25/retry_failed_jobs"
    ]


def test_what_is_refused(cli: Cli, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_SETTING}ACTIONS__PIPELINES", '["acme/ship"]')
    since = (clock.now() - timedelta(minutes=90)).isoformat()
    outcome = cli("retry-flakes", "--since", since, "--yes")
    assert outcome.code == 1
    assert "acme/web is not allowed" in outcome.out
    wrong = cli.fails("retry-flakes", "--pipeline", "wbe")
    assert "No pipeline 'wbe' is loaded. There are: ship, web." in wrong
    monkeypatch.setenv(f"{_SETTING}RETRY_FLAKES_WINDOW", "8")
    assert "retry_flakes_window must be one of 7, 28, 90" in cli.fails("retry-flakes")
    assert cli("retry-flakes", "--since", "soon").code == 2
    assert writes(cli) == []
