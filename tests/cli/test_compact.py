"""`compact` on the command line: words, and readers that were there before."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from buildkite_source.answers.questions import Warehouse
from buildkite_source.cli import main
from buildkite_source.load.guards import one_at_a_time
from buildkite_source.warehouse.reader import Dataset

from .running import Cli, everything_in

PLACE = ("--destination", "filesystem")


@pytest.fixture
def grown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bucket with two loads of a world that has moved."""
    bucket = cli.folder / "bucket"
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", bucket.as_uri())
    cli.loads("--quiet", *PLACE)
    cli.simulator.world.clock.advance(timedelta(hours=5))
    cli.loads("--quiet", *PLACE)
    return bucket


@pytest.mark.slow
def test_a_dry_run_says_what_a_run_does_and_readers_go_on(cli: Cli, grown: Path) -> None:
    warehouse = Warehouse(Dataset("buildkite_pipeline", "filesystem", "buildkite_data"))
    asked = "SELECT count(*), count(DISTINCT id), max(fetched_at) FROM builds"
    before = warehouse.ask(asked).rows.values.tolist()
    status = cli.loads("status", *PLACE).out
    files = everything_in(grown)

    would = cli.loads("compact", *PLACE, "--dry-run").out
    assert everything_in(grown) == files
    lines = would.splitlines()
    assert lines[0] == "Would be compacted (nothing was changed): 5 of 8 tables."
    pattern = r"^  builds +2 files with ([0-9,]+) rows: 1 file with ([0-9,]+)$"
    found = re.search(pattern, would, re.MULTILINE)
    assert found
    assert int(found[1]) > int(found[2]) == before[0][0]

    outcome = cli.loads("compact", *PLACE, "--progress", "plain")
    assert outcome.out.splitlines()[1:] == lines[1:]
    assert outcome.out.splitlines()[0] == "Compacted: 5 of 8 tables."
    assert "builds, table 1 of 8: 1 of 2 files read" in outcome.err
    assert warehouse.ask(asked).rows.values.tolist() == before
    assert cli.loads("status", *PLACE).out == status
    assert "it is compact already): builds, jobs" in cli.loads("compact", *PLACE).out
    assert cli.loads("compact", *PLACE, "--quiet").text == ""
    cli.loads("--quiet", *PLACE)


def test_a_load_that_is_under_way_is_left_alone(cli: Cli, grown: Path) -> None:
    """Files that it has just begun would be taken for what a run left that was killed."""
    files = everything_in(grown)
    with ThreadPoolExecutor(1) as other, one_at_a_time("buildkite_pipeline"):
        done = other.submit(main, ["compact", *PLACE]).result()
    assert done == 1
    assert "A run of buildkite_pipeline is under way" in cli.capsys.readouterr().err
    assert everything_in(grown) == files


def test_what_cannot_be_compacted_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing is loaded yet" in cli.loads("compact").out
    cli.has_loaded("--resources", "organizations")
    assert "duckdb merges rows as they are loaded: there is nothing" in cli.fails("compact")
    assert "--dry-run goes with compact" in " ".join(cli("sync", "--dry-run").err.split())
