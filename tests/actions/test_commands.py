"""The commands: shown first, done with --yes, followed to the end."""

import io
import json
from collections import Counter
from typing import Any

import pytest

from buildkite_source.actions.ledger import Ledger
from buildkite_source.cli.act_rows import text_of_file
from buildkite_source.cli.options import parse
from buildkite_source.client import SystemClock
from tests.cli.conftest import cli, without_views
from tests.cli.running import Cli, words
from tests.reading import query

from .conftest import ENV_SECRET, ORGANIZATION, WRITES, Acts, of

__all__ = ["cli", "without_views"]

_SECTION = "SOURCES__BUILDKITE_SOURCE__ACTIONS__"


@pytest.fixture
def may_act(cli: Cli, act: Acts, monkeypatch: pytest.MonkeyPatch) -> Acts:
    """The command line may do everything, by a token that it must not tell."""
    names = ("create_build", "rebuild", "cancel", "retry_failed_jobs", "annotate")
    monkeypatch.setenv(f"{_SECTION}ACCESS_TOKEN", act.writing)
    monkeypatch.setenv(f"{_SECTION}PIPELINES", f'["{ORGANIZATION}/*"]')
    monkeypatch.setenv(f"{_SECTION}ACTIONS", json.dumps(names))
    cli.secrets += [act.writing, ENV_SECRET]
    return act


@pytest.fixture
def time_flies(act: Acts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sleeps moves the world's time."""
    clock = act.loader.clock
    monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: clock.sleep(seconds))
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: clock.monotonic())


def target(build: dict[str, Any]) -> str:
    return "/".join(map(str, of(build).values()))


def ledger(cli: Cli) -> list[tuple[Any, ...]]:
    names = "key, action, status, reason, fields"
    return query(cli.database, f"SELECT {names} FROM buildkite_data.actions ORDER BY key")


def test_each_command_shows_what_it_would_do_and_does_it_with_yes(cli: Cli, may_act: Acts) -> None:
    passed = target(may_act.builds("passed")[0])
    running = target(may_act.builds("running")[0])
    failed = target(may_act.builds("failed")[0])
    told = ["--env", f"A={ENV_SECRET}", "--meta", "release=1.2", "--message", "[red]x"]
    commands = {
        "b": ["build", f"{ORGANIZATION}/mobile-app", "--branch", "main", *told],
        "c": ["cancel", running, "--reason", "superseded"],
        "r": ["rebuild", passed],
        "t": ["retry", failed, "--states", "failed"],
    }
    cli.simulator.requests.clear()
    for key, typed in commands.items():
        outcome = cli(*typed, "--key", key)
        assert outcome.code == 0, outcome.text
        # One line of a log has all of it.
        (line,) = [one for one in outcome.out.splitlines() if "would be done" in one]
        assert line.split()[0] == key
        assert ORGANIZATION in line
        assert "Nothing was sent. With --yes it is." in outcome.out
    assert not cli.simulator.requests
    for key, typed in commands.items():
        outcome = cli(*typed, "--key", key, "--yes")
        assert outcome.code == 0, outcome.text
        assert "Actions: 1 done." in outcome.out
    assert len(may_act.writes) == 4
    again = cli(*commands["r"], "--key", "r", "--yes").out
    assert "not again" in words(again)
    assert "Actions: 1 done before." in again
    assert len(may_act.writes) == 4
    rows = ledger(cli)
    assert [row[:3] for row in rows] == [
        ("b", "create_build", "done"),
        ("c", "cancel", "done"),
        ("r", "rebuild", "done"),
        ("t", "retry_failed_jobs", "done"),
    ]
    assert rows[1][3] == "superseded"
    assert json.loads(rows[0][4])["env"] == ["A"]
    (made,) = may_act.get("/pipelines/mobile-app/builds", **{"meta_data[release]": "1.2"})
    assert (made["env"]["A"], made["message"]) == (ENV_SECRET, "[red]x")


def test_without_a_key_each_call_is_an_action_of_its_own(cli: Cli, may_act: Acts) -> None:
    typed = ["rebuild", target(may_act.builds("passed")[0]), "--yes", "--quiet"]
    assert cli(*typed).text == cli(*typed).text == ""
    assert len(may_act.writes) == 2


def test_rows_come_from_lines_a_table_stdin_or_a_query(
    cli: Cli, may_act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.has_loaded()
    first, second, third = may_act.builds("passed")[:3]
    lines = [{"key": "l", "action": "rebuild", **of(first)}, {"key": "bad", "action": "no"}]
    (cli.folder / "wanted.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    outcome = cli("act", "wanted.jsonl", "--yes")
    assert outcome.code == 1
    assert "Actions: 1 refused, 1 done." in outcome.out

    names = "key,action,organization,pipeline,number,body,priority,append"
    values = ",".join(map(str, of(second).values()))
    (cli.folder / "wanted.csv").write_text(f'{names}\nc,annotate,{values},"a, b",3,true\n')
    assert cli("act", "wanted.csv", "--yes").code == 0

    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({**lines[0], "key": "s"})))
    assert cli("act", "-", "--yes").code == 0

    sql = "SELECT 'q/' || number AS key, 'rebuild' AS action, organization_slug AS organization, "
    sql += "pipeline_slug AS pipeline, number, NULL AS reason FROM builds "
    sql += f"WHERE id = '{third['id']}'"
    outcome = cli("act", "--sql", sql, "--yes")
    assert outcome.code == 0, outcome.text
    assert [row[:3] for row in ledger(cli)] == [
        ("bad", "no", "refused"),
        ("c", "annotate", "done"),
        ("l", "rebuild", "done"),
        (f"q/{third['number']}", "rebuild", "done"),
        ("s", "rebuild", "done"),
    ]


_TABLES = {
    "broken": "key,action\na\n",
    # As a spreadsheet writes it, with a mark before the text.
    "case": "\ufeffkey,Action\na,rebuild\n",
    "misspelt": "key,action,organisation,extra\na,rebuild,acme,\n",
    "headless": f"a,create_build,acme,web,{ENV_SECRET}\n",
    "semicolons": f"key;action;env\na;create_build;{ENV_SECRET}\n",
    "tabs": "key\taction\na\trebuild\n",
    "keyless": "action,organization\nrebuild,acme\n",
    "twice": "key,key,action\na,b,rebuild\n",
}


@pytest.mark.slow
def test_thousands_of_rows_are_one_load_beside_the_claims_of_what_is_sent(
    cli: Cli, may_act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = of(may_act.builds("passed")[0])
    rows = [
        {"key": f"k/{n}", "action": "annotate", **build, "body": "x", "context": str(n)}
        for n in range(10_000)
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(map(json.dumps, rows))))
    monkeypatch.setenv(f"{_SECTION}MAX_IN_RUN", "3")
    written: Counter[str] = Counter()
    for name in ("_load", "_replace"):
        real = getattr(Ledger, name)

        def count(self: Ledger, *given: Any, name: str = name, real: Any = real) -> Any:
            written[name] += 1
            return real(self, *given)

        monkeypatch.setattr(Ledger, name, count)
    outcome = cli("act", "-", "--yes", "--quiet")
    assert outcome.code == 1
    assert outcome.err.count("max_in_run") == 9_997
    assert len(may_act.writes) == 3
    # A claim and an answer each.
    assert written == {"_load": 1, "_replace": 6}
    ((kept,),) = query(cli.database, "SELECT count(*) FROM buildkite_data.actions")
    assert kept == 10_000


_CANNOT_BE_READ: tuple[tuple[list[str], str], ...] = (
    (["act"], "act needs a FILE, - for stdin, or --sql"),
    (["act", "none.jsonl"], "none.jsonl cannot be read: No such file"),
    (["act", "broken.jsonl"], "broken.jsonl, line 2: no JSON object"),
    (["act", "list.json"], "list.json, line 1: no JSON object; each line is one, and no list"),
    (["act", "broken.csv"], "broken.csv, line 2: not as many values as names"),
    (["act", "case.csv"], "'Action' may be 'action'. Expected are key, action, organization,"),
    (
        ["act", "misspelt.csv"],
        "line 1: the columns are key, action, organisation, extra. 'organ",
    ),
    (
        ["act", "headless.csv"],
        "headless.csv, line 1: none of the columns that rows have is named",
    ),
    (["act", "semicolons.csv"], "the columns stand between semicolons; commas are needed"),
    (["act", "tabs.csv"], "tabs.csv, line 1: the columns stand between tabs"),
    (["act", "keyless.csv"], "key and action are needed"),
    (["act", "twice.csv"], "There are two of 'key'"),
    (["act", "--sql", "DELETE FROM builds"], "one query, which only reads"),
    (["act", "--sql", "SELECT 1; DROP TABLE builds"], "one query, which only reads"),
    (["act", "--sql", "SELECT 1", "x"], "act takes a file or --sql, not both"),
    (["act", "--sql", "SELECT 1"], "Nothing is loaded yet"),
    (["rebuild", "acme/web"], "rebuild takes ORG/PIPELINE/NUMBER, unlike 'acme/web'"),
    (["build", "acme/web/1", "--branch", "x"], "build takes ORG/PIPELINE"),
)


def test_what_cannot_be_read_is_told_in_a_paragraph(cli: Cli, may_act: Acts) -> None:
    (cli.folder / "broken.jsonl").write_text(f'{{"key": "a"}}\n{{"env": "{ENV_SECRET}"')
    (cli.folder / "list.json").write_text('[{"key": "a"}]')
    for name, text in _TABLES.items():
        (cli.folder / f"{name}.csv").write_text(text)
    for typed, says in _CANNOT_BE_READ:
        assert says in cli.fails(*typed, "--yes"), typed
    assert not may_act.writes


def test_the_wrong_arguments_and_no_token(cli: Cli, may_act: Acts, monkeypatch: Any) -> None:
    assert cli("build", "acme/web").code == cli("--wait").code == cli("sync", "--yes").code == 2
    assert cli("build", "a/b", "--branch", "x", "--env", ENV_SECRET).code == 2
    monkeypatch.delenv(f"{_SECTION}ACCESS_TOKEN")
    build = target(may_act.builds("passed")[0])
    assert cli("rebuild", build).code == 0
    assert "a token of their own" in cli.fails("rebuild", build, "--yes")
    assert not [one for one in cli.simulator.requests if one.method in WRITES]


def test_a_mark_before_the_text_is_none_of_it(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "rows").write_text("\ufeff{}", "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeff{}"))
    assert text_of_file(str(tmp_path / "rows")) == text_of_file("-") == "{}"


@pytest.mark.parametrize("command", ["rebuild acme/web/1", "api user", "serve"])
def test_what_would_be_done_with_each_account_takes_one(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([*command.split(), "--account", "a", "--account", "b"])
    assert ended.value.code == 2
    assert f"argument --account: {command.split()[0]} takes one" in capsys.readouterr().err


@pytest.mark.usefixtures("time_flies")
def test_wait_follows_a_build_to_its_end_and_exits_by_it(cli: Cli, may_act: Acts) -> None:
    codes: dict[str, int] = {}
    for build in [may_act.builds("passed")[0], *may_act.builds("failed")[:2]]:
        before = len(cli.simulator.requests)
        outcome = cli("rebuild", target(build), "--yes", "--wait", "--verbose")
        assert "#" in outcome.err
        (number,) = {line.rpartition("/")[2] for line in outcome.out.split() if "https:" in line}
        made = may_act.get(f"/pipelines/{build['pipeline']['slug']}/builds/{number}")
        codes[made["state"]] = outcome.code
        asked = cli.simulator.requests[before:]
        looks = [one for one in asked if one.path.endswith(f"/builds/{number}")]
        assert {one.params.get("exclude_jobs") for one in looks} == {"true"}
        assert len(looks) < 60
    assert codes.get("passed") == 0
    assert codes.get("failed") == 1


@pytest.mark.usefixtures("time_flies")
def test_wait_for_a_retry_is_not_over_before_it_has_begun(cli: Cli, may_act: Acts) -> None:
    cli.simulator.switches.retries_appear_after = 30
    build = may_act.builds("failed")[0]
    cli("retry", target(build), "--yes", "--wait")
    after = may_act.get(f"/pipelines/{build['pipeline']['slug']}/builds/{build['number']}")
    assert after["finished_at"] > build["finished_at"]


@pytest.mark.usefixtures("time_flies")
def test_wait_leaves_a_build_that_stands_blocked_to_people(cli: Cli, may_act: Acts) -> None:
    build = may_act.builds("passed", blocked=True)[0]
    outcome = cli("rebuild", target(build), "--yes", "--wait")
    assert outcome.code == 0
    assert "at a block step" in outcome.err
    assert "unblock it" in outcome.err
