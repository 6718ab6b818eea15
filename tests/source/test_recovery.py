"""Whatever became of the tables or of dlt's folder, the next load leaves them true."""

import shutil
from datetime import timedelta
from random import Random
from typing import Any

import dlt
import pytest

from buildkite_source.client import StateReplaced
from buildkite_source.windows import OVERLAP, to_api
from tests.oracle import differences

from .conftest import PRESENT, Loader
from .mishaps import MISHAPS, dlt_folder, dropped_by_dlt, sql, with_copies


def move(loader: Loader, seed: int) -> None:
    """Let a day pass in which people act."""
    world, rng = loader.simulator.world, Random(seed)
    for _ in range(4):
        loader.clock.world.advance(timedelta(hours=6))
        world.random_moves(rng, 5)
    loader.clock.world.advance(timedelta(hours=1))


def builds_and_jobs(loader: Loader) -> list[Any]:
    # Names of renamed pipelines stay as they were fetched.
    names = ("slug", "url")
    got, want = loader.tables(), loader.truth()
    for tables in (got, want):
        for row in (*tables["builds"].values(), *tables["jobs"].values()):
            for name in [name for name in row if name.endswith(names)]:
                del row[name]
    # What the API has forgotten may stay.
    for table in ("builds", "jobs", "pipelines"):
        for key in got[table].keys() - want[table].keys():
            del got[table][key]
    return differences(got, want)


def told(loader: Loader, **arguments: Any) -> list[str]:
    session = loader.session()
    events: list[Any] = []
    session.listener = events.append
    loader.load(session=session, **arguments)
    return [event.reason for event in events if isinstance(event, StateReplaced)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", MISHAPS)
def test_the_next_load_is_whole_after_any_mishap(loaded: Loader, kind: str) -> None:
    """One mishap after the other, each to what the load after the last one left."""
    copies = with_copies(loaded, "the first load")
    move(loaded, seed=1)
    assert told(loaded) == []
    for seed, (name, (mishap, reasons)) in enumerate(MISHAPS[kind].items(), start=2):
        mishap(loaded, copies)
        move(loaded, seed)
        # The daily recheck would mend much of it: this world is younger than a week.
        assert told(loaded, recheck_days=0) == reasons, name
        assert builds_and_jobs(loaded) == [], name
    assert told(loaded, recheck_days=0) == []
    assert builds_and_jobs(loaded) == []


@pytest.mark.slow
def test_two_machines_in_turn_ask_for_what_is_new_only(
    loaded: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = loaded.folder / "dlt", loaded.folder / "another machine"
    # The other one begins with nothing, and then each has an older state of its own.
    for seed, folder in enumerate((there, here, there)):
        monkeypatch.setenv("DLT_DATA_DIR", str(folder))
        move(loaded, seed)
        assert told(loaded) == []
        assert builds_and_jobs(loaded) == []
        slices = loaded.rows("slices")
        latest = max(row["run_at"] for row in slices)
        assert "history" not in {row["pass"] for row in slices if row["run_at"] == latest}


@pytest.mark.slow
def test_a_destination_that_was_changed_and_changed_back(loaded: Loader) -> None:
    first = loaded.database
    move(loaded, 1)
    loaded.file = loaded.folder / "another.duckdb"
    loaded.load()
    assert builds_and_jobs(loaded) == []
    move(loaded, 2)
    loaded.file = first
    loaded.simulator.requests.clear()
    loaded.load()
    assert builds_and_jobs(loaded) == []
    windows = [r.params["created_from"] for r in loaded.simulator.requests if "/builds" in r.path]
    # What the first destination has is not read again.
    assert len(windows) <= 6


@pytest.mark.slow
def test_tables_that_are_read_apart_and_together_share_what_they_know(loaded: Loader) -> None:
    move(loaded, 1)
    loaded.load_only("builds")
    loaded.simulator.requests.clear()
    move(loaded, 2)
    loaded.load()
    assert builds_and_jobs(loaded) == []
    assert all(row["pass"] != "history" for row in loaded.rows("slices")[1:] if row["pages"] > 1)


@pytest.mark.slow
def test_a_load_that_never_arrived_is_not_believed(loaded: Loader) -> None:
    """`dlt pipeline … drop-pending-packages` leaves a state that speaks of what was dropped."""
    move(loaded, 1)
    pipeline = loaded.pipeline()
    pipeline.extract(loaded.source(catalog=[]), loader_file_format="parquet")
    for folder in ("normalize", "load"):
        shutil.rmtree(dlt_folder(loaded) / folder, ignore_errors=True)
    move(loaded, 2)
    loaded.load()
    assert builds_and_jobs(loaded) == []


@pytest.mark.slow
def test_a_load_that_waits_is_believed(loaded: Loader) -> None:
    move(loaded, 1)
    pipeline = loaded.pipeline()
    pipeline.extract(loaded.source(catalog=[]), loader_file_format="parquet")
    loaded.simulator.requests.clear()
    loaded.clock.world.advance(timedelta(hours=1))
    session = loaded.session()
    events: list[Any] = []
    session.listener = events.append
    pipeline.extract(loaded.source(catalog=[], session=session), loader_file_format="parquet")
    assert not [event for event in events if isinstance(event, StateReplaced)]
    # What the first of the two has read is not asked for again.
    asked = {r.params["created_from"] for r in loaded.simulator.requests if "/builds" in r.path}
    assert to_api(PRESENT + timedelta(hours=25) - OVERLAP) in asked
    pipeline.normalize()
    pipeline.load()
    assert builds_and_jobs(loaded) == []


@pytest.mark.slow
def test_a_window_is_read_again_whatever_is_remembered(loaded: Loader) -> None:
    missing = "created_at > (SELECT max(created_at) - INTERVAL 20 HOUR FROM {dataset}.builds)"
    sql(loaded, f"DELETE FROM {{dataset}}.builds WHERE {missing}")
    loaded.load()
    assert builds_and_jobs(loaded) != []
    loaded.load(again=True)
    assert builds_and_jobs(loaded) == []
    loaded.simulator.requests.clear()
    loaded.load()
    assert len([r for r in loaded.simulator.requests if r.path.endswith("/builds")]) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("places", [1, 2])
def test_what_an_older_version_remembers_is_taken_over_where_it_is_clear(
    loaded: Loader, places: int
) -> None:
    pipeline = loaded.pipeline()
    with pipeline.managed_state(extract_state=True) as state:
        source = state["sources"]["buildkite_source"]
        resources = source.pop("resources")
        source.pop("load_id")
        ((organization, kept),) = resources["builds"]["lists"].items()
        source["lists"] = {
            f"{organization}:{place}:builds:jobs": kept for place in ("a1b2", "c3d4")[:places]
        }
    pipeline.normalize()
    pipeline.load()
    move(loaded, 1)
    loaded.simulator.requests.clear()
    loaded.load()
    assert builds_and_jobs(loaded) == []
    state = pipeline_state = loaded.pipeline().state["sources"]["buildkite_source"]
    assert "lists" not in pipeline_state
    (latest,) = {max(row["run_at"] for row in loaded.rows("slices"))}
    passes = [row["pass"] for row in loaded.rows("slices") if row["run_at"] == latest]
    assert ("history" in passes) is (places == 2), state


@pytest.mark.slow
def test_details_are_fetched_again_when_their_table_is_gone(detailed: Loader) -> None:
    names = ("annotations", "artifacts", "job_logs", "job_log_lines")

    def load() -> None:
        detailed.load_only(*names, max_age="365d")

    def keys() -> dict[str, set[Any]]:
        rows = zip(names, detailed.rows_of_each(*names, order="ALL"), strict=True)
        return {name: {row.get("id") or row["job_id"] for row in found} for name, found in rows}

    expected = keys()
    assert all(expected.values())
    dropped_by_dlt(detailed, "annotations")
    sql(detailed, "DROP TABLE {dataset}.job_log_lines")
    load()
    assert keys() == expected
    dropped_by_dlt(detailed, "job_logs")
    sql(detailed, "DELETE FROM {dataset}.artifacts")
    load()
    assert keys() == expected
    detailed.simulator.requests.clear()
    load()
    assert detailed.simulator.requests == []


def test_dlt_is_not_told_twice_where_its_state_lies(loaded: Loader) -> None:
    """The state holds what the tables remember, once a table, and nothing of the destination."""
    state = dlt.pipeline(loaded.pipeline_name).state["sources"]["buildkite_source"]
    assert set(state) == {"resources", "load_id"}
    assert set(state["resources"]) == {"builds", "jobs"}
    assert state["resources"]["builds"] == state["resources"]["jobs"]
