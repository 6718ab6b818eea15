"""`api`: any address, as JSON on stdout, with nothing else there."""

import json
import subprocess
import sys

import pytest

from tests.cli.running import REPOSITORY, Cli, project_environment

BUILDS = "organizations/lumen-freight/builds"


def test_one_answer_and_all_pages(cli: Cli) -> None:
    truth = cli.simulator.world.truth()
    (organization,) = json.loads(cli.loads("api", "organizations").out)
    assert organization == truth["organizations"][0]
    first = json.loads(cli.loads("api", f"/v2/{BUILDS}?per_page=20").out)
    every = json.loads(cli.loads("api", "--paginate", BUILDS, "--query", "per_page=20").out)
    numbers = [(row["pipeline"]["slug"], row["number"]) for row in every]
    assert len(set(numbers)) == len(numbers) == len(truth["builds"]) > 20
    assert every[:20] == first
    cli.simulator.reset_requests()
    assert len(json.loads(cli.loads("api", BUILDS, "--paginate").out)) == len(numbers)
    assert cli.simulator.requests[0].params["per_page"] == "100"
    one = cli.loads("api", BUILDS, "--query", "state=failed", "--query", "per_page=1").out
    assert [row["state"] for row in json.loads(one)] == ["failed"]
    none = cli.loads("api", BUILDS, "--paginate", "--query", "branch=nowhere")
    assert (json.loads(none.out), none.err) == ([], "")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://evil.example/v2/user", "no URL"),
        ("organizations/%2e%2e/user", "slugs, numbers and ids"),
        ("user?access_token=x", "No credential"),
        ("organizations/nowhere", "answered 404"),
        ("user?page=1#x", "encode it"),
    ],
)
def test_what_is_refused(cli: Cli, address: str, says: str) -> None:
    assert says in cli.fails("api", address)
    sent = [request.path for request in cli.simulator.requests]
    assert sent == (["/v2/organizations/nowhere"] if "nowhere" in address else [])


def test_a_list_that_breaks_off_is_no_json(cli: Cli) -> None:
    cli.simulator.faults.add(match="page=2", kind="status", status=403, body=b'{"message":"No"}')
    outcome = cli("api", BUILDS, "--paginate", "--query", "per_page=5")
    assert outcome.code == 1
    assert outcome.out.startswith("[{")
    with pytest.raises(json.JSONDecodeError):
        json.loads(outcome.out)
    assert "answered 403" in outcome.err


@pytest.mark.slow
def test_a_reader_that_has_enough_is_no_failure(cli: Cli) -> None:
    """As with `| head`."""
    program = (
        sys.executable,
        REPOSITORY / "pipelines" / "buildkite_pipeline.py",
        *("api", BUILDS, "--paginate"),
    )
    with subprocess.Popen(
        program,
        cwd=cli.folder,
        env=project_environment(cli.folder, cli.simulator),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.read(10)
        running.stdout.close()
        told = running.stderr.read().decode()
    assert told == ""


@pytest.mark.parametrize(
    "words", [["--paginate"], ["--query", "a=b"], ["api"], ["api", "user", "account"]], ids=str
)
def test_arguments_that_do_not_go_together(cli: Cli, words: list[str]) -> None:
    assert cli(*words).code == 2


def test_waits_for_the_budget_are_told(cli: Cli, slept: list[float]) -> None:
    cli.simulator.faults.add(kind="rate_limit", match="/builds", reset=20, times=2)
    outcome = cli.loads("api", BUILDS)
    assert json.loads(outcome.out)
    assert "the user's request budget" in outcome.err
    assert sum(slept) >= 20
    assert cli.loads("api", BUILDS, "--quiet").err == ""
