"""Every failure of a destination: what to do is said, what was loaded before stays."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from tests.reading import query

from .running import Cli, words

_POSTGRES = "DESTINATION__POSTGRES__CREDENTIALS"
_PLANTED = "planted-Pa55word"


@contextmanager
def held_open(database: Path) -> Iterator[int]:
    """Let another process hold the DuckDB file."""
    code = (
        "import duckdb, sys; held = duckdb.connect(sys.argv[1]); "
        "print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin
    assert other.stdout
    with other:
        assert other.stdout.readline() == b"held\n"
        yield other.pid
        other.stdin.close()


@pytest.mark.slow
def test_what_was_loaded_before_an_error_stays_and_the_next_run_goes_on(cli: Cli) -> None:
    cli.loads("--quiet")
    everything = "SELECT * FROM buildkite_data.jobs ORDER BY id"
    rows = query(cli.database, everything)
    cli.simulator.world.clock.advance(timedelta(hours=5))

    with held_open(cli.database) as process:
        text = cli.fails()
    assert "open in another process" in text
    assert str(cli.database) in text
    assert f"PID {process}" in text
    assert "run again" in text
    assert query(cli.database, everything) == rows

    cli.simulator.faults.add(kind="status", match="/builds", status=401)
    assert "answered 401" in cli.fails()
    assert query(cli.database, everything) == rows

    cli.loads("--quiet")
    assert cli.count("builds") == len(cli.simulator.world.truth()["builds"])
    assert cli.count("jobs") > len(rows)


def test_a_table_that_no_longer_takes_rows(cli: Cli) -> None:
    narrow = ("--quiet", "--resources", "builds")
    cli.loads(*narrow)
    with duckdb.connect(str(cli.database)) as connection:
        connection.execute("ALTER TABLE buildkite_data.builds ADD COLUMN mine TEXT DEFAULT 'x'")
        connection.execute("UPDATE buildkite_data.builds SET mine = 'y'")
        connection.execute("ALTER TABLE buildkite_data.builds ALTER COLUMN mine DROP DEFAULT")
        connection.execute("ALTER TABLE buildkite_data.builds ALTER COLUMN mine SET NOT NULL")
    cli.simulator.world.clock.advance(timedelta(hours=5))
    assert "NOT NULL constraint failed: builds.mine" in cli.fails(*narrow)
    with duckdb.connect(str(cli.database)) as connection:
        connection.execute("ALTER TABLE buildkite_data.builds DROP COLUMN mine")
    cli.loads(*narrow)
    assert cli.count("builds") == len(cli.simulator.world.truth()["builds"])


def test_a_destination_whose_packages_are_missing(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_spec("snowflake"):
        pytest.skip("They are installed.")
    monkeypatch.setenv(
        "DESTINATION__SNOWFLAKE__CREDENTIALS", f"snowflake://loader:{_PLANTED}@account/database"
    )
    cli.secrets = [_PLANTED]
    text = cli.fails("--destination", "snowflake")
    assert "pip install 'dlt[snowflake]'" in text


def test_a_bucket_whose_packages_are_missing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("adlfs"):
        pytest.skip("They are installed.")
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", "az://container")
    assert "pip install 'dlt[az]'" in cli.fails("--destination", "filesystem")


@pytest.mark.parametrize("name", ["no-such-place", "no.such.module"])
def test_an_unknown_destination(cli: Cli, name: str) -> None:
    text = cli.fails("--destination", name)
    assert f"There is no destination named {name!r}" in text
    assert "duckdb, postgres" in text


@pytest.mark.parametrize(
    ("destination", "section", "variable"),
    [
        ("postgres", "[destination.postgres.credentials]", f"{_POSTGRES}__PASSWORD"),
        ("filesystem", "[destination.filesystem]", "DESTINATION__FILESYSTEM__BUCKET_URL"),
    ],
)
def test_a_destination_without_settings(
    cli: Cli, destination: str, section: str, variable: str
) -> None:
    text = words(cli.fails("--destination", destination))
    assert f"The destination {destination} lacks settings" in text
    assert f"under {section}" in text
    assert variable in text


def test_a_database_that_cannot_be_reached(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_POSTGRES, f"postgresql://loader:{_PLANTED}@127.0.0.1:9/database")
    cli.secrets = [_PLANTED]
    text = cli.fails("--destination", "postgres")
    assert "The destination postgres could not be opened" in text
    assert "Connection refused" in text
