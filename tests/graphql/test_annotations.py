import random
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from buildkite_source.graphql import Gone, GraphqlClient, TooLong

from .conftest import OpenClient, OpenSimulator, by_id, read, refusals, rest_rows

KEYS = [
    "id",
    "context",
    "style",
    "scope",
    "job_id",
    "priority",
    "body_html",
    "created_at",
    "updated_at",
]


def compare(simulator: Simulator, client: GraphqlClient, builds: list[Any], **how: Any) -> int:
    """Assert that both ways return the same; return the number of annotations."""
    told = read(client, builds, **how)
    count = 0
    for build in builds:
        rest = rest_rows(simulator, build)
        rows = told[build.id]
        assert isinstance(rows, list), (build, rows)
        for row in rows:
            assert list(row) == KEYS
        assert len(rows) == len(rest)
        if simulator.switches.annotation_job_id == "absent":
            rest = [{"job_id": None} | row for row in rest]
        assert by_id(rows) == by_id(rest)
        count += len(rows)
    return count


@pytest.mark.parametrize("seed", range(2))
def test_both_ways_tell_the_same_of_a_moving_world(
    open_simulator: OpenSimulator, open_client: OpenClient, world_clock: ManualClock, seed: int
) -> None:
    simulator = open_simulator(WorldConfig.tiny().but(days=1, seed=seed), user=100_000)
    if seed == 1:
        simulator.switches.annotation_job_id = "absent"
    client, rng, styles, scopes = open_client(simulator), random.Random(seed), set(), set()
    for _ in range(3):
        simulator.world.random_moves(rng, 25, attachments=True)
        world_clock.advance(minutes=4)
        builds = simulator.world.builds()[:60]
        assert compare(simulator, client, builds)
        notes = [note for build in builds for note in simulator.world.annotations(build)]
        styles |= {note.style for note in notes}
        scopes |= {note.scope for note in notes}
    assert scopes == {"build", "job"}
    assert {None, "info", "error"} <= styles
    assert refusals(simulator) == []


def long_list(simulator: Simulator, world_clock: ManualClock) -> tuple[Any, Any]:
    """A finished build with its coverage, and a job of it with fifteen annotations more."""
    build = simulator.world.create_build("acme", "web")
    world_clock.advance(hours=1)
    job = next(build.attempts())
    for number in range(15):
        simulator.world.annotate(job, "x", context=f"c{number}")
        world_clock.advance(seconds=1)
    return build, job


def test_annotations_come_and_go_between_the_pages(
    simulator: Simulator, client: GraphqlClient, world_clock: ManualClock
) -> None:
    world = simulator.world
    build, job = long_list(simulator, world_clock)

    def move(request: Any) -> None:
        if len(simulator.graphql_requests) == 3:  # The second page has been asked for.
            world.remove_annotation(build, world.annotations(build)[-1].id)
            world.annotate(job, "late", context="late")

    simulator.before_response(move)
    rows = read(client, [build])[build.id]
    rest = by_id(rest_rows(simulator, build))
    assert len(rows) == 15
    assert all(rest[row["id"]] == row for row in rows)
    assert compare(simulator, client, [build]) == 16


def test_a_page_whose_beginning_is_gone_leaves_its_build_to_rest(
    simulator: Simulator, client: GraphqlClient, world_clock: ManualClock
) -> None:
    build, _ = long_list(simulator, world_clock)

    def move(request: Any) -> None:
        if len(simulator.graphql_requests) == 3:
            for note in simulator.world.annotations(build)[5:]:
                simulator.world.remove_annotation(build, note.id)

    simulator.before_response(move)
    told = read(client, [build])[build.id]
    assert isinstance(told, TooLong)
    assert "not a valid cursor" in told.reason
    assert compare(simulator, client, [build]) == 5


def test_the_job_of_an_annotation_vanishes_with_it(
    simulator: Simulator, client: GraphqlClient, world_clock: ManualClock
) -> None:
    build, _ = long_list(simulator, world_clock)

    def move(request: Any) -> None:
        if b"JobTypeCommand" in request.body:
            simulator.world.remove_annotation(build, simulator.world.annotations(build)[0].id)

    stop = simulator.before_response(move)
    assert isinstance(read(client, [build])[build.id], TooLong)
    stop()
    assert compare(simulator, client, [build]) == 15


def test_hostile_bodies_pass_unchanged(simulator: Simulator, client: GraphqlClient) -> None:
    build = simulator.world.create_build("acme", "web")
    simulator.world.plant_hostile(build)
    assert compare(simulator, client, [build]) >= 11


def test_long_lists_are_read_on(simulator: Simulator, client: GraphqlClient) -> None:
    builds = [simulator.world.create_build("acme", "web") for _ in range(4)]
    for build, count in zip(builds, (9, 10, 11, 100), strict=True):
        for number in range(count):
            simulator.world.annotate(build, f"{number}", context=f"c{number}")
    assert compare(simulator, client, builds) >= 130
    assert len(simulator.graphql_requests) == 3  # What is left, a page of each, the rest.


def test_too_long_lists_are_left_to_rest(simulator: Simulator, client: GraphqlClient) -> None:
    build = simulator.world.create_build("acme", "web")
    for number in range(21):
        simulator.world.annotate(build, "x", context=f"c{number}")
    assert isinstance(read(client, [build], longest=20)[build.id], TooLong)
    assert compare(simulator, client, [build], longest=21) == 21


def test_annotations_in_job_scope_name_their_job(
    simulator: Simulator, client: GraphqlClient, world_clock: ManualClock
) -> None:
    build = simulator.world.create_build("acme", "web")
    world_clock.advance(hours=1)
    jobs = [job for job in build.attempts() if job.type == "script"]
    for job in jobs:
        simulator.world.annotate(job, "x", context="same")
    assert compare(simulator, client, [build]) >= len(jobs)
    for most in (0, len(jobs) - 1):
        assert isinstance(read(client, [build], most_jobs=most)[build.id], TooLong)


def test_a_job_that_is_not_listed_leaves_its_build_to_rest(
    simulator: Simulator, client: GraphqlClient, world_clock: ManualClock
) -> None:
    simulator.switches.graphql_retried_jobs = False
    build = simulator.world.create_build("acme", "web", outcomes={"test": ["failed", "passed"]})
    world_clock.advance(hours=1)
    superseded = next(build.attempts())
    assert superseded.result == "failed"
    simulator.world.annotate(superseded, "x", context="a")
    assert isinstance(read(client, [build])[build.id], TooLong)
    simulator.switches.graphql_retried_jobs = True
    assert compare(simulator, client, [build]) >= 1


def test_builds_that_are_gone(
    open_client: OpenClient, simulator: Simulator, client: GraphqlClient
) -> None:
    here, gone = (simulator.world.create_build("acme", "web") for _ in range(2))
    simulator.world.expire(gone)
    unknown, nonsense = "0198f0c2-1111-7000-8000-000000000042", '") { __typename } #'
    told = read(client, [here.id, gone.id, unknown, nonsense])
    assert told == {here.id: [], gone.id: Gone(), unknown: Gone(), nonsense: Gone()}
    elsewhere = simulator.add_token(organizations=["globex"])
    hidden = read(open_client(simulator, token=elsewhere), [here])
    assert hidden == {here.id: Gone()}


def test_nothing_is_asked_about_nothing(simulator: Simulator, client: GraphqlClient) -> None:
    assert read(client, []) == {}
    assert simulator.graphql_requests == []
