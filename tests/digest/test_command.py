"""The command `report`: where it reads, where it writes, and what it says when it cannot."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from buildkite_source.cli.digests import FORMATS
from buildkite_source.cli.options import parse
from tests.cli.running import Cli


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_an_argument(form: str) -> None:
    assert parse(["report", "--format", form]).format == form


@pytest.mark.slow
def test_a_load_under_way_is_not_met(loaded: Cli) -> None:
    """DuckDB takes one process that writes, or many that read: see the notebooks' snapshot."""
    holder = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "c.execute('CREATE TABLE held (x INT)'); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(loaded.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        assert "## Flakiest steps" in loaded.loads("report", "--since", "28d").out
        process.kill()


def test_it_is_written_whole_or_not_at_all(loaded: Cli, tmp_path: Path) -> None:
    file = tmp_path / "ci.md"
    outcome = loaded.loads("report", "--output", str(file), "--zone", "Asia/Kolkata")
    text = file.read_text()
    assert "Asia/Kolkata" in text
    # All of the usual time is loaded.
    assert "Note" not in text
    assert outcome.out == ""
    assert f"Written: {file}" in outcome.err
    assert list(tmp_path.glob("*.tmp")) == []
    link = tmp_path / "link.md"
    link.symlink_to(file)
    assert loaded.loads("report", "--output", str(link), "--quiet").text == ""
    assert link.is_symlink()
    assert "Asia/Kolkata" not in file.read_text()
    assert "Written: /dev/null" in loaded.loads("report", "--output", "/dev/null").err
    assert Path("/dev/null").is_char_device()
    assert "cannot be written" in loaded.fails("report", "--output", str(tmp_path / "no" / "ci"))


def test_what_cannot_be_told_is_explained(loaded: Cli) -> None:
    assert "No pipeline 'nowhere' is loaded. There are: " in loaded.fails(
        "report", "--pipeline", "nowhere"
    )
    assert "No organization 'nowhere'" in loaded.fails("report", "--organization", "nowhere")
    assert "Nothing is loaded yet into the dataset other" in _of_missing(loaded)
    later = loaded.fails("report", "--since", "2026-09-20")
    assert "Nothing is loaded of lumen-freight in this time" in later
    assert "--since" in later


def _of_missing(cli: Cli) -> str:
    cli.database.rename(cli.database.with_suffix(".elsewhere"))
    try:
        return cli.fails("report", "--dataset", "other")
    finally:
        cli.database.with_suffix(".elsewhere").rename(cli.database)


def test_views_that_are_turned_off_are_asked_for(
    loaded: Cli, tables: duckdb.DuckDBPyConnection
) -> None:
    ((dataset,),) = tables.execute("SELECT current_schema()").fetchall()
    names = tables.execute(
        f"SELECT view_name FROM duckdb_views() WHERE schema_name = '{dataset}' ORDER BY view_oid"
    ).fetchall()
    for (name,) in reversed(names):
        tables.execute(f"DROP VIEW {name}")
    tables.close()
    assert "with the command: views" in loaded.fails("report")


def test_what_is_loaded_in_part_is_said(loaded: Cli) -> None:
    text = loaded.loads("report", "--since", "30d").out
    assert "**Note:** Of lumen-freight, not all builds created before 2026-08-02" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--zone", "Mars/Olympus"], "no time zone 'Mars/Olympus'"),
        (["--zone", "../etc/passwd"], "no time zone"),
        (["--format", "pdf"], "invalid choice: 'pdf'"),
        (["--top", "0"], "no number above 0"),
        (["--since", "soon"], "no date and no duration"),
    ],
)
def test_bad_arguments(cli: Cli, words: list[str], says: str) -> None:
    outcome = cli("report", *words)
    assert outcome.code == 2
    assert says in outcome.err


@pytest.mark.parametrize(
    "form",
    [pytest.param(form, marks=() if form == "json" else pytest.mark.slow) for form in FORMATS],
)
def test_what_has_no_slug_goes_by_its_id(
    loaded: Cli, tables: duckdb.DuckDBPyConnection, form: str
) -> None:
    """The API may send a build without the address that its slugs are read from."""
    (organization, slug, pipeline), *_, (other, *_) = tables.execute(
        "SELECT organization_id, max(organization_slug), max(pipeline_id) FROM builds "
        "GROUP BY 1 ORDER BY 2"
    ).fetchall()
    for table in ("builds", "jobs"):
        tables.execute(
            f"UPDATE {table} SET organization_slug = NULL WHERE organization_id = '{other}'"
        )
        tables.execute(f"UPDATE {table} SET pipeline_slug = NULL WHERE pipeline_id = '{pipeline}'")
        # Of one organization only some builds.
        tables.execute(
            f"UPDATE {table} SET organization_slug = NULL WHERE pipeline_id = '{pipeline}'"
        )
    tables.execute(f"UPDATE organizations SET slug = NULL WHERE id = '{other}'")
    tables.execute(f"UPDATE pipelines SET slug = NULL WHERE id = '{pipeline}'")
    tables.close()
    said = loaded.loads("report", "--format", form, "--since", "28d", "--top", "50").out
    assert slug in said
    assert other in said
    assert organization not in said.partition("## ")[0] or form != "markdown"
    narrow = loaded.loads("report", "--format", form, "--pipeline", pipeline, "--since", "28d").out
    assert pipeline in narrow
    assert "None" not in said
    assert "There are: " in loaded.fails("report", "--pipeline", "nowhere")
    assert f"{other}: " in loaded.loads("status").out
