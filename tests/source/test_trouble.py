"""Trouble on the way: waited out, else a clear error; and true after the next good run."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_simulator import ManualClock, Simulator, Step, WorldConfig
from buildkite_source.client import AuthenticationError, BuildkiteError, UnreachableError, transport
from tests.oracle import differences

from .conftest import PRESENT, Loader, WorldClock


@pytest.fixture
def long_list(workspace: Path, request: pytest.FixtureRequest) -> Any:
    """A world whose build list has several pages: two, or three where there is time."""
    days = 6 if request.node.get_closest_marker("slow") else 3
    config = WorldConfig(seed=4, pipelines=4, days=days, builds_per_day=36)
    with Simulator(config, clock=ManualClock(PRESENT)) as simulator:
        yield Loader(simulator, workspace, WorldClock(simulator.world.clock))


def cause(error: BaseException) -> BuildkiteError:
    current: Any = error
    while not isinstance(current, BuildkiteError):
        current = getattr(current, "exception", None) or current.__cause__ or current.__context__
    return current


def test_passing_trouble_is_waited_out(long_list: Loader) -> None:
    """Other trouble, and limits, are met by the tests of the session."""
    long_list.simulator.faults.add(match="/builds", skip=1, kind="status", status=503, times=3)
    long_list.load()
    # Waiting has moved the world.
    long_list.load()
    assert differences(long_list.tables(), long_list.truth()) == []
    assert long_list.clock.slept > 0


@pytest.mark.slow
def test_lasting_trouble_is_an_error_and_the_next_run_repairs(long_list: Loader) -> None:
    long_list.load()
    before = long_list.tables()
    long_list.clock.world.advance(timedelta(hours=3))
    long_list.simulator.faults.add(match="/builds", kind="status", status=500, times=None)
    with pytest.raises(PipelineStepFailed) as failed:
        long_list.load()
    assert isinstance(cause(failed.value), UnreachableError)
    assert differences(long_list.tables(), before) == []
    long_list.simulator.faults.clear()
    long_list.load()
    assert differences(long_list.tables(), long_list.truth()) == []


def pages_of_builds(loader: Loader) -> int:
    return len([r for r in loader.simulator.requests if r.path.endswith("/builds")])


def test_builds_that_go_between_two_pages_hide_no_others(long_list: Loader) -> None:
    """A pipeline is deleted: every page after it would be another one by its number."""
    world = long_list.simulator.world
    gone = world.organizations[0].pipelines[0]

    def delete(_: Any) -> None:
        if pages_of_builds(long_list) == 2 and gone in world.organizations[0].pipelines:
            world.delete_pipeline(world.organizations[0], gone)

    off = long_list.simulator.before_response(delete)
    long_list.load()
    off()
    assert pages_of_builds(long_list) >= 2
    missing = long_list.truth()["builds"].keys() - long_list.tables()["builds"].keys()
    assert missing == set()


@pytest.mark.slow
def test_builds_that_show_up_between_two_pages_are_loaded_by_the_next_run(
    long_list: Loader,
) -> None:
    world = long_list.simulator.world
    late = []

    def create(_: Any) -> None:
        if pages_of_builds(long_list) == 1 and not late:
            organization = world.organizations[0]
            late.extend(
                world.create_build(organization, pipeline, shown_after=timedelta(seconds=30))
                for pipeline in organization.pipelines[:2]
            )
        elif pages_of_builds(long_list) == 2:
            long_list.clock.world.advance(timedelta(seconds=40))

    off = long_list.simulator.before_response(create)
    long_list.load()
    off()
    long_list.load()
    assert {build.id for build in late} <= long_list.tables()["builds"].keys()
    assert differences(long_list.tables(), long_list.truth()) == []


@pytest.mark.slow
def test_a_token_revoked_midway_is_an_error_and_the_next_run_repairs(long_list: Loader) -> None:
    token = long_list.simulator.add_token()
    long_list.simulator.faults.add(match="/builds?", skip=2, kind="revoke")
    with pytest.raises(PipelineStepFailed) as failed:
        long_list.load(token=token)
    assert isinstance(cause(failed.value), AuthenticationError)
    assert token not in str(failed.value)
    long_list.load()
    assert differences(long_list.tables(), long_list.truth()) == []


@pytest.mark.parametrize("deep_limit", [100, pytest.param(250, marks=pytest.mark.slow)])
def test_a_list_too_deep_is_read_in_windows(long_list: Loader, deep_limit: int) -> None:
    long_list.simulator.switches.deep_limit = deep_limit
    long_list.load()
    assert differences(long_list.tables(), long_list.truth()) == []


@pytest.mark.slow
def test_a_page_too_heavy_is_asked_again_with_fewer_builds(long_list: Loader) -> None:
    long_list.simulator.faults.add(match="/builds", kind="status", status=504, times=4)
    long_list.load()
    sizes = {dict(request.query).get("per_page") for request in long_list.simulator.requests}
    assert sizes == {"100", "10"}
    long_list.load()
    assert differences(long_list.tables(), long_list.truth()) == []


@pytest.mark.slow
def test_a_body_too_large_is_asked_again_with_fewer_builds(
    long_list: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_MAX_BODY", 1_000_000)
    long_list.load()
    # Waiting between the attempts has moved the world.
    long_list.load()
    assert differences(long_list.tables(), long_list.truth()) == []


def test_a_build_too_heavy_comes_in_parts(workspace: Path) -> None:
    steps = tuple(Step(key=f"s{number}", label=f"Job {number}", minutes=1) for number in range(250))
    with Simulator(WorldConfig.empty(), clock=ManualClock(PRESENT)) as simulator:
        loader = Loader(simulator, workspace, WorldClock(simulator.world.clock))
        simulator.world.add_pipeline("acme", "huge", steps)
        simulator.world.add_pipeline("acme", "small", steps[:2])
        for pipeline in ("small", "huge", "small"):
            simulator.world.create_build("acme", pipeline)
            loader.clock.world.advance(timedelta(minutes=5))
        loader.clock.world.advance(timedelta(hours=3))
        # Every page with the huge build and its jobs is too heavy.
        huge = next(b for b in simulator.world.builds("acme") if b.pipeline.slug == "huge")
        simulator.api.hooks.append(lambda request: refuse_heavy(simulator, request, huge))
        loader.load()
        assert differences(loader.tables(), loader.truth()) == []
        assert len(loader.rows("jobs")) >= 254


def refuse_heavy(simulator: Simulator, request: Any, huge: Any) -> None:
    query = dict(request.query)
    simulator.faults.clear()
    if not request.path.endswith("/builds") or "exclude_jobs" in query:
        return
    alone = query.get("per_page") == "1" and query.get("page", "1") != "2"
    if not alone:
        simulator.faults.add(match="/builds", kind="status", status=504)


@pytest.mark.slow
def test_a_stopped_run_keeps_what_it_has_read(long_list: Loader) -> None:
    running = long_list.session()
    seen: list[Any] = []

    def stop_after_two_pages(request: Any) -> None:
        seen.extend([request] if request.path.endswith("/builds") else [])
        if len(seen) == 2:
            running.stop()

    off = long_list.simulator.before_response(stop_after_two_pages)
    running.ahead = 0
    long_list.load(session=running)
    off()
    assert 100 <= len(long_list.rows("builds")) < len(long_list.truth()["builds"])
    long_list.simulator.reset_requests()
    long_list.load()
    assert differences(long_list.tables(), long_list.truth()) == []
