from hashlib import sha256
from random import Random
from typing import Any

import orjson
import pytest

from buildkite_simulator import ManualClock, Simulator, World, WorldConfig, make_world

from .conftest import Client

EVERYTHING = ("annotations", "artifacts", "logs")


def by_id(rows: list[dict[str, Any]], key: str = "id") -> dict[str, dict[str, Any]]:
    found = {row[key]: row for row in rows}
    assert len(found) == len(rows)
    return found


def some(rows: list[dict[str, Any]], builds: set[str]) -> list[dict[str, Any]]:
    return [row for row in rows if row["build_id"] in builds]


def test_a_walk_through_the_api_finds_the_truth(clock: ManualClock) -> None:
    rng = Random(5)
    with Simulator(WorldConfig.tiny().but(days=1), clock=clock) as simulator:
        api, world = Client(simulator), simulator.world
        for _ in range(2):
            world.random_moves(rng, 25, attachments=True)
            clock.advance(minutes=rng.choice([1, 30, 700]))
            truth = world.truth(include=EVERYTHING)
            annotations, artifacts = [], []
            walked = truth["builds"][::2]
            ids = {build["id"] for build in walked}
            for build in walked:
                mark = {"build_id": build["id"]}
                url = f"{build['url']}/annotations"
                annotations += [row | mark for row in api.walk(url, scope="all", per_page=100)]
                url = f"{build['url']}/artifacts"
                artifacts += [row | mark for row in api.walk(url, per_page=100)]
            assert by_id(annotations) == by_id(some(truth["annotations"], ids))
            assert by_id(artifacts) == by_id(some(truth["artifacts"], ids))
            assert annotations
            assert artifacts
            simulator.switches.log_text_normalised = False
            logs = by_id(truth["logs"], "job_id")
            for job in truth["jobs"][::17]:
                if job["type"] != "script":
                    assert job["id"] not in logs
                    continue
                response = api.get(job["raw_log_url"])
                assert (response.status_code == 200) == (job["id"] in logs)
                if response.status_code == 200:
                    row = logs[job["id"]]
                    assert row["size"] == len(response.content)
                    assert row["sha256"] == sha256(response.content).hexdigest()


def make(seed: int) -> World:
    return make_world(WorldConfig.tiny(seed).but(days=1), ManualClock())


def test_the_same_seed_makes_the_same_bytes() -> None:
    def told(world: World) -> bytes:
        world.random_moves(Random(3), 10, attachments=True)
        return orjson.dumps(world.truth(include=EVERYTHING))

    assert told(make(1)) == told(make(1))
    assert told(make(1)) != told(make(2))


def test_looking_often_or_once_makes_no_difference() -> None:
    small, large = ManualClock(), ManualClock()
    config = WorldConfig.tiny(4).but(days=1)
    walked, leapt = make_world(config, small), make_world(config, large)
    for _ in range(4):
        small.advance(hours=2)
        walked.truth(include=EVERYTHING[:2])
    large.advance(hours=8)
    assert orjson.dumps(walked.truth(include=EVERYTHING)) == orjson.dumps(
        leapt.truth(include=EVERYTHING)
    )


def test_what_has_been_said_or_uploaded_stays(clock: ManualClock) -> None:
    """Unless a move deletes it, nothing vanishes and no settled row changes unseen."""
    world, rng = make_world(WorldConfig.tiny().but(days=1), clock), Random(8)
    before = world.truth(include=EVERYTHING)
    for _ in range(4):
        world.random_moves(rng, 12)
        clock.advance(minutes=rng.choice([1, 20, 300]))
        after = world.truth(include=EVERYTHING)
        kept = {build["id"] for build in after["builds"]}
        notes, files = by_id(after["annotations"]), by_id(after["artifacts"])
        for row in before["annotations"]:
            now = notes.get(row["id"])
            assert now is not None or row["build_id"] not in kept
            assert now is None or now == row or now["updated_at"] > row["updated_at"]
        for row in before["artifacts"]:
            found = files.get(row["id"])
            assert found is not None or row["build_id"] not in kept
            assert found is None or found["sha1sum"] == row["sha1sum"]
        logs = by_id(after["logs"], "job_id")
        for row in before["logs"]:
            assert row["build_id"] not in kept or logs[row["job_id"]]["size"] >= row["size"]
        before = after


def test_truth_includes_only_what_there_is() -> None:
    world = make_world(WorldConfig.empty(), ManualClock())
    assert set(world.truth()) == {"organizations", "pipelines", "builds", "jobs"}
    with pytest.raises(ValueError, match="annotations, artifacts, logs"):
        world.truth(include=("robots",))
