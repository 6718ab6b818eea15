"""`report --post`: what real servers are sent, what is said of it, and what is kept to itself."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import requests

from buildkite_source.cli.options import parse
from buildkite_source.posting import NAMES
from tests.cli.running import Cli, Outcome
from tests.posting.receivers import SECRET, Receiver, mail_server, webhook

from .conftest import Company

_PREFIX = "SOURCES__BUILDKITE_SOURCE__POSTING__"


@pytest.fixture
def receiver(loaded: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    loaded.secrets.append(SECRET)
    with webhook() as running:
        for name in ("slack", "teams", "discord", "webhook"):
            monkeypatch.setenv(f"{_PREFIX}{name.upper()}_URL", f"{running.url}/{name}")
        yield running


def post(cli: Cli, *words: str) -> Outcome:
    return cli("report", "--since", "28d", "--top", "3", "--progress", "off", *words)


def to(*places: str) -> list[str]:
    return [word for place in places for word in ("--post", place)]


@pytest.mark.parametrize("name", NAMES)
def test_every_place_is_an_argument(name: str) -> None:
    assert parse(["report", "--post", name]).post == [name]


def test_each_service_is_sent_its_form_once(
    loaded: Cli, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{_PREFIX}PAGE_URL", "https://ci.example.com")
    everywhere = to("slack", "teams", "discord", "webhook", "email", "slack")
    with mail_server() as mailbox:
        monkeypatch.setenv(f"{_PREFIX}EMAIL_URL", mailbox.url)
        dry = post(loaded, *everywhere)
        assert (receiver.taken, mailbox.mails) == ([], [])
        short = ("--format", "message", "--output", str(tmp_path / "message.md"))
        outcome = post(loaded, *everywhere, "--yes", *short)
    assert outcome.code == dry.code == 0, outcome.text
    # The report is not printed as well.
    assert outcome.out == ""
    assert outcome.err.count("Posted to ") == 5
    assert "add --yes" in dry.err
    sent = {path.rpartition("/")[2]: body for path, body in receiver.taken}
    assert len(sent) == len(receiver.taken) == 4
    # What was shown is what is sent.
    for name, body in sent.items():
        assert f"Would be posted to {name}:\n\n{json.dumps(body, indent=2)}" in dry.out or (
            json.dumps(body, indent=2, ensure_ascii=False) in dry.out
        )
    (mail,) = mailbox.mails
    assert mail["to"] == "lead@example.com"
    assert mail["subject"] == "CI of lumen-freight, lumen-labs"
    told = mail.get_body(("plain", "html"))
    assert told
    text = told.get_content()
    overall = sent["webhook"]["figures"]
    rate = f"{overall['success_rate'] * 100:.1f} %"
    assert rate in text
    assert rate in sent["slack"]["text"]
    assert rate in sent["discord"]["content"]
    assert rate in json.dumps(sent["teams"])
    most = sent["webhook"]["sections"]["most_failures"]["rows"]
    assert len(most) == 3
    for row in most:
        line = f"{row['pipeline_slug']}>: {row['failed']} of {row['n']} failed"
        assert line in sent["slack"]["text"]
    assert "<https://ci.example.com|Full report>" in sent["slack"]["text"]
    # A report may be written as well, in any form.
    assert (
        len(re.findall(r"^- \[`lumen-", (tmp_path / "message.md").read_text(), re.MULTILINE)) == 3
    )


def test_one_failure_stops_no_other_and_tells_no_address(
    loaded: Cli, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.status, receiver.body = 404, f"no_service {receiver.url}/slack\x1b[2J".encode()
    monkeypatch.setenv(f"{_PREFIX}TEAMS_URL", f"http://127.0.0.1:9/{SECRET}")
    monkeypatch.setenv(f"{_PREFIX}DISCORD_URL", f"nonsense {SECRET}")
    gone = f"json://127.0.0.1:9/{SECRET}"
    outcome = post(
        loaded, *to("teams", "discord", "slack", gone, f"tnosuch://{SECRET}"), "--yes", "--verbose"
    )
    assert outcome.code == 1
    assert "Posting to teams failed: it could not be reached; nothing was posted." in outcome.err
    assert "Posting to discord failed: its address is none of HTTP" in outcome.err
    assert "Posting to slack failed: it answered with 404 (no_service ***" in outcome.err
    assert "Posting to json://… failed: apprise could not post" in outcome.err
    assert "Posting to tnosuch://… failed: apprise knows no such address" in outcome.err
    assert "\x1b[2J" not in outcome.text
    assert len(receiver.taken) == 1


def test_what_is_posted_only_when_it_is_worth_it(
    loaded: Cli,
    receiver: Receiver,
    tables: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ((green,), *_) = tables.execute(
        "SELECT pipeline_slug FROM metric_red_windows JOIN metric_duration_windows "
        "USING (pipeline_slug, window_days) WHERE window_days = 28 AND still_red_since IS NULL"
    ).fetchall()
    tables.close()

    def posted(when: str, *places: str) -> int:
        before = len(receiver.taken)
        words = (*to(*places), "--yes", "--pipeline", green, "--when", when)
        outcome = post(loaded, *words)
        assert outcome.code == 0, outcome.text
        sent = len(receiver.taken) - before
        assert outcome.err.count("Nothing to post to ") == len(places) - sent
        return sent

    assert posted("changed", "slack") == 1
    # To discord, nothing has been posted yet.
    assert posted("changed", "slack", "discord") == 1
    monkeypatch.setenv(f"{_PREFIX}RED_BELOW", "1")
    assert posted("changed", "slack") == 1
    with duckdb.connect(str(loaded.database), read_only=True) as connection:
        rows = connection.execute(
            "SELECT place, verdicts FROM buildkite_data.posts ORDER BY posted_at"
        ).fetchall()
    assert [json.loads(row[1])["rate"] for row in rows] == ["good", "good", "bad"]
    assert [row[0].split()[0] for row in rows] == ["slack", "discord", "slack"]
    assert SECRET not in str(rows)


def test_a_build_is_annotated_once(
    loaded: Cli,
    company: Company,
    tables: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (build,) = tables.execute(
        "SELECT organization_slug, pipeline_slug, number FROM builds ORDER BY created_at DESC "
        "LIMIT 1"
    ).fetchall()
    tables.close()
    api = company.simulator
    writing = api.add_token(scopes=("write_builds",), user="robot")
    loaded.secrets += [api.token, writing]
    prefix = "SOURCES__BUILDKITE_SOURCE__"
    for name, value in {
        "BASE_URL": api.base_url,
        "ACCESS_TOKEN": api.token,
        "ACTIONS__PIPELINES": f'["{build[0]}/*"]',
        "ACTIONS__ACTIONS": '["annotate"]',
    }.items():
        monkeypatch.setenv(f"{prefix}{name}", value)
    # As a job of that build knows it.
    for name, value in zip(
        ("ORGANIZATION_SLUG", "PIPELINE_SLUG", "BUILD_NUMBER"), build, strict=True
    ):
        monkeypatch.setenv(f"BUILDKITE_{name}", str(value))
    refused = post(loaded, *to("annotation"), "--yes")
    assert refused.code == 1
    assert "Actions need a token of their own" in refused.err
    monkeypatch.setenv(f"{prefix}ACTIONS__ACCESS_TOKEN", writing)

    def annotations() -> list[str]:
        path = "{}/pipelines/{}/builds/{}/annotations".format(*build)
        url = f"{api.base_url}/organizations/{path}"
        answer = requests.get(url, headers={"Authorization": f"Bearer {api.token}"}, timeout=10)
        return [one["body_html"] for one in answer.json() if one["context"] == "buildkite-report"]

    dry = post(loaded, *to("annotation"))
    assert annotations() == []
    assert "Success rate **" in dry.out
    for said in ("Posted to annotation", "Nothing to post to annotation"):
        outcome = post(loaded, *to("annotation"), "--yes")
        assert outcome.code == 0, outcome.text
        assert said in outcome.err
        assert len(annotations()) == 1
    dry = post(loaded, *to("annotation"))
    assert "Nothing to post to annotation" in dry.err
    assert dry.out == ""
    writes = [one for one in api.requests if one.method == "POST"]
    assert len(writes) == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--post", "slak"], 2, "slak is none of slack, teams,"),
        (["--post", "slack", "--when", "blue"], 2, "invalid choice: 'blue'"),
        (["--post", "slack"], 1, f"{_PREFIX}SLACK_URL"),
        (["--post", "email"], 1, "[sources.buildkite_source.posting]"),
        (["--post", "annotation"], 1, 'set annotate = "ORGANIZATION/PIPELINE/NUMBER"'),
    ],
)
def test_bad_arguments(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, says: str
) -> None:
    monkeypatch.delenv("BUILDKITE_BUILD_NUMBER", raising=False)
    outcome = post(cli, *words)
    assert outcome.code == code
    assert says in outcome.err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("RED_BELOW", "80", "red_below goes from 0 to 1"),
        ("PAGE_URL", "javascript:alert(1)", "page_url must begin with https://"),
        ("TIMEOUT_SECONDS", "0", "timeout_seconds must be above 0"),
    ],
)
def test_bad_settings(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"{_PREFIX}{name}", value)
    assert says in cli.fails("report", "--post", "slack")
