"""The README's first command: a company to look at, without a token, apart from real data."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.cli.running import PROGRAMS, Outcome, copy_project, environment, run
from tests.oracle import FETCH_COLUMNS, MIRRORS
from tests.reading import query

from . import readme

_URLS = {"url", "triggered_build_url"}


# A whole demo takes as long as twenty loads of a small world.
_BRIEF = ("--since", "30d", "--max-requests", "200")


@pytest.fixture(scope="module", params=["brief", pytest.param("whole", marks=pytest.mark.slow)])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Outcome, dict[str, str]]:
    """A copy of the project in which the README's demo command has run, briefly or as it is."""
    folder = copy_project(tmp_path_factory.mktemp("demo"))
    env = environment(tmp_path_factory.mktemp("home"))
    (command,) = [
        words
        for words in readme.run_commands()
        if words[-1] == "--demo" and "report" not in words and "marimo" not in words
    ]
    command = [*command, *(_BRIEF if request.param == "brief" else ())]
    return folder, run(PROGRAMS / "python", *command, cwd=folder, env=env, timeout=300), env


def is_brief(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["demo"] == "brief")


def test_the_demo_is_what_the_readme_says(
    request: pytest.FixtureRequest, demo: tuple[Path, Outcome, dict[str, str]]
) -> None:
    """One test, as each worker that had a part of it would make a demo of its own."""
    fills_its_own_file(demo, brief=is_brief(request))
    can_be_looked_at(demo)
    leaves_no_page_empty(demo)
    has_a_digest(demo)


def fills_its_own_file(demo: tuple[Path, Outcome, dict[str, str]], *, brief: bool) -> None:
    folder, outcome, _ = demo
    assert outcome.code == 0, outcome.text
    database = folder / "buildkite_demo.duckdb"
    assert list(folder.rglob("*.duckdb")) == [database]
    assert f"Data: dataset buildkite_demo_data in {database}" in outcome.out
    assert outcome.out.endswith("Next: dlt pipeline buildkite_demo info\n")
    datasets = query(database, "SELECT DISTINCT schema_name FROM duckdb_tables() ORDER BY ALL")
    assert datasets == [("buildkite_demo_data",), ("buildkite_demo_data_staging",)]
    ((builds, oldest),) = query(
        database,
        "SELECT count(*), date_diff('day', min(created_at), max(created_at)) "
        "FROM buildkite_demo_data.builds",
    )
    if brief:
        assert 500 < builds < 3_000
        assert 29 <= oldest <= 31
        return
    assert 3_000 < builds < 10_000
    assert oldest > 100


def can_be_looked_at(demo: tuple[Path, Outcome, dict[str, str]]) -> None:
    folder, _, env = demo
    (command,) = [words for words in readme.run_commands() if words[:2] == ["python", "-c"]]
    outcome = run(PROGRAMS / "python", *command[1:], cwd=folder, env=env)
    assert outcome.code == 0, outcome.text
    assert "clean_success_rate" in outcome.out
    rates = [line.split("│") for line in outcome.out.splitlines() if re.search(r"│ +\d+ │", line)]
    assert len(rates) == 8
    assert [float(rate[4]) for rate in rates] == sorted(float(rate[4]) for rate in rates)


def leaves_no_page_empty(demo: tuple[Path, Outcome, dict[str, str]]) -> None:
    folder, _, _ = demo
    for table in ("annotations", "artifacts", "job_logs", "job_log_lines"):
        sql = f"SELECT count(*) > 50 FROM buildkite_demo_data.{table}"
        assert query(folder / "buildkite_demo.duckdb", sql) == [(True,)], table


_REPORTS = [words for words in readme.run_commands() if "report" in words]


def has_a_digest(demo: tuple[Path, Outcome, dict[str, str]]) -> None:
    folder, _, env = demo
    printed, _ = _REPORTS
    outcome = run(PROGRAMS / "python", *printed, cwd=folder, env=env)
    assert outcome.code == 0, outcome.text
    assert "## Flakiest steps" in outcome.out


@pytest.mark.slow
def test_the_readme_shows_how_to_write_a_digest(demo: tuple[Path, Outcome, dict[str, str]]) -> None:
    folder, _, env = demo
    _, written = _REPORTS
    outcome = run(PROGRAMS / "python", *written, cwd=folder, env=env)
    assert outcome.code == 0, outcome.text
    assert (folder / "ci.html").read_text().startswith("<!doctype html>")


@pytest.mark.slow
@pytest.mark.parametrize("demo", ["whole"], indirect=True)
def test_a_second_demo_changes_nothing(demo: tuple[Path, Outcome, dict[str, str]]) -> None:
    folder, _, env = demo
    database = folder / "buildkite_demo.duckdb"
    before = Path(shutil.copy(database, folder / "before.duckdb"))
    outcome = run(
        PROGRAMS / "python",
        "pipelines/buildkite_pipeline.py",
        "--demo",
        "--quiet",
        cwd=folder,
        env=env,
    )
    assert outcome == Outcome(0, "", "")
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"ATTACH '{before}' AS before (READ_ONLY)")
        for table in MIRRORS:
            names = [column.name for column in table.without_secrets().columns]
            # API URLs hold the free port that a run happened to get.
            names = [name for name in names if name not in FETCH_COLUMNS | _URLS]
            columns = ", ".join(f'"{name}"' for name in names)
            old = f"SELECT {columns} FROM before.buildkite_demo_data.{table.name}"
            new = f"SELECT {columns} FROM buildkite_demo_data.{table.name}"
            for one, other in ((old, new), (new, old)):
                assert connection.execute(f"({one}) EXCEPT ALL ({other})").fetchall() == []
