"""Annotations and artifacts: true for every settled build, within a budget, never asked twice."""

import re
from datetime import timedelta

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_simulator import HOSTILE_BODIES, HOSTILE_PATHS
from buildkite_source.states import is_moving
from buildkite_source.tables import ANNOTATIONS

from .conftest import Loader
from .details import assert_true, detail_requests, expected, in_state, load_details, rows_asked_for


def test_details_equal_the_world_and_follow_changed_builds(detailed: Loader) -> None:
    assert_true(detailed)
    world = detailed.simulator.world
    failed = in_state(detailed, "failed")[:5]
    assert failed
    for build in failed:
        world.retry_failed_jobs(build)
    detailed.clock.world.advance(timedelta(hours=8))
    detailed.load_only("builds")
    before = len(detail_requests(detailed.simulator))
    load_details(detailed)
    assert_true(detailed)
    asked = detail_requests(detailed.simulator)[before:]
    assert len(set(asked)) == len(asked)


def test_nothing_is_asked_twice_and_what_is_fetched_stays_in_the_warehouse(
    detailed: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions of fetched details take no memory of ours."""
    asked = detail_requests(detailed.simulator)
    assert len(asked) == len(set(asked))
    numbers = rows_asked_for(monkeypatch)
    some = "state = 'running' OR id LIKE '%0' OR id LIKE '%1'"
    load_details(detailed, "annotations", "artifacts", "job_logs", logs=some)
    assert detail_requests(detailed.simulator) == asked
    # One question for each kind.
    *of_builds, jobs = sorted(numbers)
    assert of_builds == [0, 0]
    load_details(detailed, "job_logs", logs=some)
    moving = [job for job in detailed.rows("job_logs", "job_id") if not job["settled"]]
    assert numbers.pop() == len(moving) < jobs / 2


def test_a_plain_run_asks_for_no_details(loaded: Loader) -> None:
    assert detail_requests(loaded.simulator) == []
    assert "annotations" not in loaded.stored_tables()


def test_a_bound_leaves_the_rest_to_the_next_runs_and_a_dead_run_loses_nothing(
    loaded: Loader,
) -> None:
    settled = len(
        [
            build
            for build in loaded.simulator.world.truth()["builds"]
            if not is_moving(build["state"], build["blocked"])
        ]
    )
    failed = [row for row in loaded.rows("builds") if row["state"] == "failed"]
    failed = sorted(failed, key=lambda row: row["created_at"].date(), reverse=True)
    half = len(failed) // 2
    assert half > 1
    load_details(loaded, "annotations", max_requests=half)
    assert len(detail_requests(loaded.simulator)) == half
    # Failed builds come first, and the newest of them.
    days = {row["id"]: row["created_at"].date() for row in failed}
    fetched = [days[row["build_id"]] for row in loaded.rows("fetched_details")]
    assert sorted(fetched, reverse=True) == [row["created_at"].date() for row in failed[:half]]
    loaded.simulator.faults.add(match="/annotations", kind="revoke", skip=10)
    with pytest.raises(PipelineStepFailed):
        load_details(loaded, "annotations")
    token = loaded.simulator.add_token()
    load_details(loaded, "annotations", session=loaded.session(token))
    assert len(loaded.rows("fetched_details")) == settled
    want = expected(loaded, ANNOTATIONS)
    assert {row["id"] for row in loaded.rows("annotations")} == set(want)


def test_a_build_that_is_gone_is_settled(loaded: Loader) -> None:
    loaded.simulator.faults.add(
        match="/annotations", kind="status", status=404, body=b'{"message": "Not Found"}', times=1
    )
    loaded.load_only("annotations", max_age="1d")
    assert [row["gone"] for row in loaded.rows("fetched_details")].count(True) == 1
    asked = detail_requests(loaded.simulator)
    loaded.load_only("annotations", max_age="1d")
    assert detail_requests(loaded.simulator) == asked


def test_hostile_bodies_and_names_load_as_they_are_and_read_as_plain_text(loaded: Loader) -> None:
    loaded.simulator.world.plant_hostile(in_state(loaded, "passed")[0])
    load_details(loaded)
    assert_true(loaded)
    paths = {row["path"] for row in loaded.rows("artifacts")}
    assert {path for path in HOSTILE_PATHS if "\x00" not in path} <= paths
    texts = [row["body_text"] or "" for row in loaded.rows("annotations")]
    assert len(texts) > len(HOSTILE_BODIES)
    for text in texts:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
        assert "document.cookie" not in text
        assert "onerror" not in text


def test_details_before_builds_are_an_error_that_says_what_to_do(loader: Loader) -> None:
    with pytest.raises(PipelineStepFailed, match="Load them first"):
        load_details(loader)


def test_a_missing_scope_is_named(loaded: Loader) -> None:
    token = loaded.simulator.add_token(scopes=["read_organizations", "read_builds"])
    with pytest.raises(PipelineStepFailed, match="read_artifacts"):
        load_details(loaded, "artifacts", session=loaded.session(token))


def test_the_age_of_builds_counts_by_the_clock_of_the_api(loaded: Loader) -> None:
    """The world is weeks behind this machine: a session that has heard nothing goes by the rows."""
    now = loaded.clock.world.now()
    young = [
        row["id"]
        for row in loaded.rows("builds")
        if now - row["created_at"] < timedelta(days=3) and not is_moving(row["state"], False)
    ]
    assert young
    loaded.load_only("annotations", max_age="3d")
    fetched = {row["build_id"] for row in loaded.rows("fetched_details")}
    assert fetched == set(young)
