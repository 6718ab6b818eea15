"""Files of dlt's that are cut off or emptied, and packages that cannot be loaded any more."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dlt
import pytest
from dlt.common.pipeline import get_dlt_pipelines_dir

from buildkite_source import buildkite_source
from tests.oracle import differences, expected
from tests.reading import from_duckdb

from .running import Cli, words
from .test_destination_failures import held_open

_CREDENTIALS = "DESTINATION__DUCKDB__CREDENTIALS"


def folder() -> Path:
    return Path(get_dlt_pipelines_dir()) / "buildkite_pipeline"


def is_whole(cli: Cli, database: Path | None = None) -> None:
    truth = expected(cli.simulator.world.truth())
    assert differences(from_duckdb(database or cli.database, "buildkite_data"), truth) == []


def extracted(cli: Cli) -> None:
    """A package that waits to be prepared."""
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    pipeline.extract(buildkite_source(cli.simulator.token, cli.simulator.base_url))
    pipeline.deactivate()


def normalized(cli: Cli) -> None:
    """A package that waits to be loaded."""
    extracted(cli)
    pipeline = dlt.pipeline(
        "buildkite_pipeline", destination="duckdb", dataset_name="buildkite_data"
    )
    pipeline.normalize()
    pipeline.deactivate()


def cut(file: Path) -> None:
    text = file.read_bytes()
    file.write_bytes(text[: len(text) // 2])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


ALWAYS = ("state.json", "schemas/*.json", "*/.version", "trace.pickle")
PENDING: dict[str, Callable[[Cli], None]] = {"extracted": extracted, "normalized": normalized}


def with_package(cli: Cli, step: str = "normalized") -> None:
    """Begin with a load, and a package of a later one that is to be gone on with."""
    cli.has_loaded()
    cli.simulator.world.clock.advance(timedelta(hours=5))
    cli.begin(step, lambda: PENDING[step](cli))


DAMAGES = (cut, emptied)


def check(cli: Cli, pattern: str, turn: int = 0) -> int:
    """Damage each kind of file in turn, in copies of the same folder; return how many there are.

    Files are cut off and emptied by turns; readers look at the first of them.
    """
    kept = cli.folder / "kept"
    shutil.copytree(folder(), kept / "dlt")
    shutil.copy(cli.database, kept / "database")
    files = {}
    for file in sorted((kept / "dlt").glob(pattern)):
        if file.is_file() and file.stat().st_size and file.name != "package_completed.json":
            # One of a kind is enough.
            files["".join(file.suffixes[-2:]) + file.parent.name] = file.relative_to(kept / "dlt")
    for number, file in enumerate(files.values()):
        shutil.rmtree(folder())
        shutil.copytree(kept / "dlt", folder())
        shutil.copy(kept / "database", cli.database)
        DAMAGES[(number + turn) % 2](folder() / file)
        for reader in ("status", "check", "report") if number == 0 else ():
            text = cli(reader, "--progress", "off").text
            assert "Traceback" not in text
            assert "unexpected" not in text, (file, text)
        outcome = cli.loads("--progress", "off")
        if file.name != "trace.pickle":
            assert f"could not be read ({file}, " in outcome.out
            assert "the folder was set aside as " in outcome.out
        is_whole(cli)
    return len(files)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "turn"), [("state.json", 0), ("load/normalized/*/schema.json", 1)]
)
def test_a_file_that_is_cut_off_or_empty(cli: Cli, pattern: str, turn: int) -> None:
    with_package(cli)
    assert check(cli, pattern, turn) == 1


@pytest.mark.slow
def test_files_that_are_always_there(cli: Cli) -> None:
    cli.has_loaded()
    cli.simulator.world.clock.advance(timedelta(hours=5))
    found = sum(
        [
            shutil.rmtree(cli.folder / "kept", ignore_errors=True) or check(cli, pattern, turn)
            for turn, pattern in enumerate(["state.json", *ALWAYS])
        ]
    )
    assert found == 6


@pytest.mark.slow
@pytest.mark.parametrize("step", PENDING)
def test_files_of_a_package_that_waits(cli: Cli, step: str) -> None:
    with_package(cli, step)
    place = {"extracted": "normalize/extracted", "normalized": "load/normalized"}[step]
    assert check(cli, f"{place}/*/**/*", turn=step == "normalized") >= 3


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True], ids=["whole", "half-loaded"])
def test_a_package_of_another_destination(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, half: bool
) -> None:
    with_package(cli)
    if half:
        (package,) = (folder() / "load" / "normalized").iterdir()
        (package / "schema_updates.json").unlink(missing_ok=True)
        (package / "applied_schema_updates.json").write_text("{}")
    other = cli.folder / "other.duckdb"
    monkeypatch.setenv(_CREDENTIALS, f"duckdb:///{other}")
    outcome = cli.loads("--progress", "off")
    assert "What an earlier run left to be loaded could not be (" in outcome.out
    is_whole(cli, other)
    assert "could not be" not in cli.loads("--progress", "off").out


@pytest.mark.slow
def test_a_package_whose_tables_are_gone(cli: Cli) -> None:
    with_package(cli)
    cli.database.unlink()
    outcome = cli.loads("--progress", "off")
    assert "What an earlier run left to be loaded could not be (" in outcome.out
    is_whole(cli)


def test_a_package_stays_while_the_database_is_locked(cli: Cli) -> None:
    with_package(cli)
    with held_open(cli.database):
        assert "open in another process" in words(cli.fails())
    assert list((folder() / "load" / "normalized").iterdir())
    outcome = cli.loads("--progress", "off")
    assert "could not be" not in outcome.out
    is_whole(cli)


@pytest.mark.slow
def test_a_package_without_a_state(cli: Cli) -> None:
    with_package(cli)
    (folder() / "state.json").unlink()
    cli.loads("--quiet")
    is_whole(cli)
