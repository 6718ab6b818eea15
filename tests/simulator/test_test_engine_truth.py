from random import Random
from typing import Any

import orjson
import pytest

from buildkite_simulator import ManualClock, Simulator, World, WorldConfig, make_world
from buildkite_simulator.render.truth import Truth

from .conftest import Client

LISTS = (
    *("suites", "test_runs", "failed_executions", "tests", "muted_tests", "skipped_tests"),
    *("flaky_tests", "registries", "registry_tokens", "packages"),
)
Row = dict[str, Any]


def packages_at(api: Client, url: str) -> list[Row]:
    page = api.get(url, per_page=100).json()
    items: list[Row] = page["items"]
    return items + (packages_at(api, page["links"]["next"]) if "next" in page["links"] else [])


def listed(api: Client, organization: Row) -> Truth:
    """Return what the API lists, with the parents a loader would add."""
    slug = organization["slug"]
    ours = {"organization_id": organization["id"], "organization_slug": slug}
    told: Truth = {name: [] for name in LISTS}
    for suite in api.walk(f"/analytics/organizations/{slug}/suites"):
        told["suites"].append(ours | suite)
        parents = ours | {"suite_id": suite["id"], "suite_slug": suite["slug"]}

        def add(name: str, path: str, parents: Row = parents) -> list[Row]:
            rows = api.walk(path, per_page=100)
            told[name] += [parents | row for row in rows]
            return rows

        url = suite["url"]
        for run in add("test_runs", f"{url}/runs"):
            add("failed_executions", f"{run['url']}/failed_executions")
        add("tests", f"{url}/tests")
        add("muted_tests", f"{url}/tests/muted")
        add("skipped_tests", f"{url}/tests/skipped")
        add("flaky_tests", f"{url}/flaky-tests")
    for registry in api.walk(f"/packages/organizations/{slug}/registries"):
        told["registries"].append(ours | registry)
        parents = ours | {"registry_id": registry["id"], "registry_slug": registry["slug"]}
        tokens = api.walk(f"{registry['url']}/tokens")
        told["registry_tokens"] += [parents | token for token in tokens]
        packages = packages_at(api, f"{registry['url']}/packages")
        told["packages"] += [parents | package for package in packages]
    return told


@pytest.mark.parametrize("test_period", ["7days", pytest.param("1day", marks=pytest.mark.slow)])
def test_a_walk_through_the_api_finds_the_truth(clock: ManualClock, test_period: str) -> None:
    rng = Random(5)
    with Simulator(WorldConfig.tiny().but(days=2), clock=clock) as simulator:
        simulator.switches.test_period = test_period  # type: ignore[assignment]
        api, world = Client(simulator), simulator.world
        api.session.headers["Buildkite-Version"] = "2026-08-01"
        for _ in range(2):
            world.random_moves(rng, 15)
            clock.advance(minutes=rng.choice([1, 30, 700]))
            truth = world.truth(include=LISTS)
            assert {name: truth[name] for name in LISTS} == listed(api, truth["organizations"][0])
            assert all(truth[name] for name in LISTS)


def make(seed: int, clock: ManualClock | None = None) -> World:
    return make_world(WorldConfig.tiny(seed).but(days=1), clock or ManualClock())


def told(world: World) -> bytes:
    return orjson.dumps(world.truth(include=LISTS))


def test_the_same_seed_makes_the_same_bytes() -> None:
    assert told(make(1)) == told(make(1))
    assert told(make(1)) != told(make(2))


def test_looking_often_or_once_makes_no_difference() -> None:
    small, large = ManualClock(), ManualClock()
    walked, leapt = make(4, small), make(4, large)
    for _ in range(3):
        small.advance(hours=4)
        told(walked)
    large.advance(hours=12)
    assert told(walked) == told(leapt)


def test_what_was_reported_stays(clock: ManualClock) -> None:
    """While its build exists, a run keeps what it is and only its state and result move."""
    world, rng = make(1, clock), Random(8)
    before = world.truth(include=LISTS)
    moved = 0
    for _ in range(4):
        world.random_moves(rng, 12)
        clock.advance(minutes=rng.choice([5, 20, 300]))
        after = world.truth(include=LISTS)
        kept = {build["id"] for build in after["builds"]}
        runs = {run["id"]: run for run in after["test_runs"]}
        failures = {row["execution_id"]: row for row in after["failed_executions"]}
        for old in before["test_runs"]:
            if old["build_id"] not in kept:
                assert old["id"] not in runs
                continue
            new = runs[old["id"]]
            fixed = set(old) - {"state", "result"}
            assert {key: new[key] for key in fixed} == {key: old[key] for key in fixed}
            assert old["result"] != "failed" or new["result"] == "failed"
            assert old["result"] != "passed" or new["result"] in ("passed", "failed")
            moved += new != old
        for old in before["failed_executions"]:
            if old["run_id"] in runs:
                assert failures[old["execution_id"]] == old
        before = after
    assert moved


def test_tests_go_into_quarantine_and_come_back(clock: ManualClock) -> None:
    world = make(1, clock)
    seen: dict[str, list[bool]] = {}
    for _ in range(4):
        truth = world.truth(include=("muted_tests", "skipped_tests"))
        away = {row["id"] for row in truth["muted_tests"] + truth["skipped_tests"]}
        for test in away | seen.keys():
            seen.setdefault(test, []).append(test in away)
        clock.advance(days=3)
    assert any(True in states and False in states for states in seen.values())


def test_every_organization_has_its_own() -> None:
    world = make_world(WorldConfig.demo().but(days=2, pipelines=8), ManualClock())
    whole = world.truth(include=LISTS)
    assert {row["organization_slug"] for row in whole["test_runs"]} == {
        "lumen-freight",
        "lumen-labs",
    }
    for name in LISTS:
        ids = [row.get("id") or row["execution_id"] for row in whole[name]]
        assert len(set(ids)) == len(ids)
    one = world.truth("lumen-labs", include=("suites",))["suites"]
    assert one == [row for row in whole["suites"] if row["organization_slug"] == "lumen-labs"]
