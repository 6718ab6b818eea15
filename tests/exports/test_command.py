"""`buildkite-pipeline exports`: a run like others, without a token and without a request."""

import json

import pytest

from buildkite_source.cli import options
from tests.cli.conftest import cli, without_views
from tests.cli.running import Cli

from .conftest import Exports

__all__ = ["cli", "without_views"]


def test_a_run_loads_what_is_new_and_says_so(
    exports: Exports, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = exports.forget()
    monkeypatch.delenv("SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN", raising=False)
    (exports.folder / "buildkite/build-exports/deliverability-test.txt").write_text("hello")
    (exports.folder / "buildkite/build-exports/notes.txt").write_text("?")
    run = cli("exports", str(exports.folder), "--progress", "plain")
    assert run.code == 0, run.text
    assert f"Read {len(told['builds'])} builds" in run.out
    assert "Not known, and left alone: 1 files." in run.out
    assert "build exports: date 1 of" in run.err
    assert cli.count("builds") == len(told["builds"])
    assert cli.count("runs") == 1
    again = cli("exports", str(exports.folder), "--json")
    read = json.loads(again.out)
    assert (read["exports"]["builds"], read["requests"]) == (0, 0)
    assert read["exports"]["known"] == len(told["builds"])
    assert exports.loader.simulator.requests == []


@pytest.mark.parametrize("place", ["no-such-folder"])
def test_a_place_that_is_none_is_told(cli: Cli, place: str) -> None:
    assert place in cli.fails("exports", place)


def test_arguments() -> None:
    chosen = options.parse(["exports", "s3://ci", "--from", "2026-01-01", "--to", "2026-02-01"])
    assert (chosen.place, vars(chosen)["from"], chosen.to) == (
        "s3://ci",
        "2026-01-01",
        "2026-02-01",
    )
    assert options.parse(["exports", "bucket"]).to is None
    for words in (["exports", "--logs", "id = 1"], ["sync", "--from", "2026-01-01"]):
        with pytest.raises(SystemExit):
            options.parse(words)


def test_a_span_without_exports_is_not_told_to_be_a_bucket_without(
    exports: Exports, cli: Cli
) -> None:
    exports.forget()
    told = cli.loads("exports", str(exports.folder), "--from", "2001-01-01", "--to", "2001-02-01")
    assert "Not asked for by --from and --to: " in told.out
    assert "There are no build exports" not in told.out
    dates = ("--from", "2026-02-01", "--to", "2026-01-01")
    assert "There is no date from 2026-02-01" in cli.fails("exports", str(exports.folder), *dates)
