"""`api --method`: sent as an action, where it is allowed, and kept without what was sent."""

import io
import json
from collections.abc import Iterator
from typing import Any

import dlt
import duckdb
import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from buildkite_source.actions import Outcome, actor_of
from tests.beginnings import serve
from tests.source.conftest import PRESENT

from .running import Cli

_SECTION = "SOURCES__BUILDKITE_SOURCE__ACTIONS__"
_SECRET = "planted-s3cret-value"
WEB = "organizations/acme/pipelines/web"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with serve(WorldConfig.empty(), ManualClock(PRESENT)) as running:
        running.world.add_pipeline("acme", "web")
        running.world.add_pipeline("acme", "ship")
        yield running


@pytest.fixture(autouse=True)
def allowed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    token = cli.simulator.add_token(scopes=("write_pipelines", "write_builds"))
    cli.secrets += [token, _SECRET]
    monkeypatch.setenv(f"{_SECTION}ACCESS_TOKEN", token)
    monkeypatch.setenv(f"{_SECTION}PIPELINES", '["acme/web"]')
    monkeypatch.setenv(f"{_SECTION}ACTIONS", '["api"]')


def writes(cli: Cli) -> list[tuple[str, str]]:
    return [(r.method, r.path) for r in cli.simulator.requests if r.method not in ("GET", "HEAD")]


def ledger(cli: Cli) -> list[dict[str, Any]]:
    with duckdb.connect(str(cli.database), read_only=True) as connection:
        rows = connection.sql("FROM buildkite_data.actions ORDER BY fetched_at").to_arrow_table()
    assert _SECRET not in str(rows.to_pylist())
    return [{**row, "fields": json.loads(row["fields"])} for row in rows.to_pylist()]


def web(cli: Cli) -> dict[str, Any]:
    (row,) = [row for row in cli.simulator.world.truth()["pipelines"] if row["slug"] == "web"]
    return row


def test_shown_then_sent_and_kept_without_its_values(cli: Cli) -> None:
    fields = (f"description={_SECRET}", "allow_rebuilds=false", "default_command_step_timeout=7")
    command = ("api", f"/v2/{WEB}", "-X", "PATCH", *(word for f in fields for word in ("-F", f)))
    told = cli.loads(*command).out
    names = "description, allow_rebuilds, default_command_step_timeout"
    assert f"PATCH /v2/{WEB} with {names}" in told
    assert "would be done" in told
    assert writes(cli) == []
    assert "done" in cli.loads(*command, "--yes").out
    assert writes(cli) == [("PATCH", f"/v2/{WEB}")]
    after = web(cli)
    assert (after["description"], after["allow_rebuilds"]) == (_SECRET, False)
    assert after["default_command_step_timeout"] == 7
    dry, real = ledger(cli)
    for row, status in ((dry, "dry"), (real, "done")):
        assert (row["action"], row["status"]) == ("api", status)
        assert (row["organization_slug"], row["pipeline_slug"]) == ("acme", "web")
        assert row["fields"] == {
            "method": "PATCH",
            "path": WEB,
            "body": ["allow_rebuilds", "default_command_step_timeout", "description"],
        }
    assert real["answer_id"] == after["id"]


def test_json_from_a_file_or_stdin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    file = cli.folder / "build.json"
    build = {"commit": "HEAD", "branch": "main", "env": {"TOKEN": _SECRET}}
    file.write_text(json.dumps(build))
    command = ("api", f"{WEB}/builds", "--method", "POST", "--yes", "--input")
    assert "done, #1" in cli.loads(*command, str(file)).out
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(build)))
    assert "done, #2" in cli.loads(*command, "-").out
    assert [row["answer_number"] for row in ledger(cli)] == [1, 2]
    file.write_text(_SECRET)
    assert "is no JSON object or list" in cli.fails(*command, str(file))
    assert "cannot be read" in cli.fails(*command, "nowhere.json")
    assert len(writes(cli)) == 2


def test_what_the_api_refuses_is_told_without_what_was_sent(cli: Cli) -> None:
    body = ("-F", f"slug={_SECRET}", "-F", "repository=")
    outcome = cli("api", WEB, "-X", "PATCH", *body, "--yes")
    assert (outcome.code, "failed: 422" in outcome.out) == (1, True)
    (row,) = ledger(cli)
    assert (row["status"], row["http_status"]) == ("failed", 422)


_REFUSED = {
    "organizations/acme/pipelines/ship": "acme/ship is not allowed",
    "organizations/acme/pipelines/ship/builds/1/cancel": "acme/ship is not allowed",
    "organizations/acme/agents/x/stop": "acme/* is not allowed",
    "organizations/acme/jobs/x/retry": "acme/* is not allowed",
    "organizations/acme/pipelines": "acme/* is not allowed",
    "organizations/other/pipelines/web": "other/web is not allowed",
    "access-token": "only what is below organizations/ORG/",
    "organizations/acme": "only what is below organizations/ORG/",
    "analytics/organizations/acme/suites": "only what is below organizations/ORG/",
    "https://evil.example/v2/organizations/acme/pipelines/web": "no URL",
    "organizations/acme/pipelines/web/%2e%2e/ship": "slugs, numbers and ids",
    "organizations/acme/pipelines/web?access_token=x": "No credential",
}


def perform(*rows: dict[str, Any]) -> list[Outcome]:
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    with actor_of(pipeline) as actor:
        return actor.perform(
            [{"action": "api", "method": "DELETE", **row} for row in rows], dry=False
        )


def test_what_is_not_allowed_is_refused(cli: Cli) -> None:
    outcomes = perform(*({"key": path, "path": path} for path in _REFUSED))
    for outcome, says in zip(outcomes, _REFUSED.values(), strict=True):
        assert outcome.status == "refused"
        assert says in outcome.told
    (lying,) = perform({"key": "k", "path": "organizations/acme/pipelines/ship", "pipeline": "web"})
    assert "api has no pipeline" in lying.told
    assert writes(cli) == []
    assert {row["status"] for row in ledger(cli)} == {"refused"}


def test_what_is_in_doubt_stays_so_and_a_key_stands_for_one_request(cli: Cli) -> None:
    cli.simulator.faults.add(match="/builds/1/cancel", kind="reset", times=None)
    sent = {"key": "one", "method": "PUT", "path": f"{WEB}/builds/1/cancel"}
    (first,) = perform(sent)
    (again,) = perform(sent)
    assert (first.status, again.status) == ("unknown", "unknown")
    assert "nothing tells whether it was done" in again.told
    (other,) = perform({**sent, "path": f"{WEB}/builds/1/rebuild"})
    assert "its key one stands for" in other.told
    assert writes(cli) == [("PUT", f"/v2/{WEB}/builds/1/cancel")]


def test_where_api_is_no_allowed_action(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_SECTION}ACTIONS", '["rebuild"]')
    assert "api is not allowed" in cli("api", WEB, "-X", "PATCH", "-F", "a=b", "--yes").out
    monkeypatch.setenv(f"{_SECTION}ACTIONS", '["api"]')
    hostile = f"{WEB}/../ship"
    assert "slugs, numbers and ids" in cli.fails("api", hostile, "-X", "DELETE", "--yes")
    monkeypatch.delenv(f"{_SECTION}ACCESS_TOKEN")
    assert "a token of their own" in cli.fails("api", WEB, "-X", "DELETE", "--yes")
    assert writes(cli) == []


@pytest.mark.parametrize(
    "words",
    [
        ["-X", "GET"],
        ["-X", "POST", "--paginate"],
        ["-X", "POST", "-F", "a=b", "--input", "x"],
        ["-F", "a=b"],
        ["-X", "POST", "-F", "a"],
        ["--yes"],
    ],
    ids=str,
)
def test_arguments_that_do_not_go_together(cli: Cli, words: list[str]) -> None:
    assert cli("api", WEB, *words).code == 2
