"""Builds that events name are read again, by few requests, and only these."""

import json
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from buildkite_simulator import RecordedRequest
from buildkite_source.events import Event, event_of
from buildkite_source.windows import to_api

from .conftest import PRESENT, Loader

HINTED = ("builds", "jobs", "slices", "missing_builds", "events")


def told(loader: Loader, builds: Iterable[Any], *, bare: bool = False) -> list[Event]:
    """Events as webhooks bring them; bare as EventBridge does, without address and creation."""
    events = []
    for build in builds:
        organization = build.pipeline.organization
        url = f"{loader.simulator.base_url}/organizations/{organization.slug}/pipelines/"
        url += f"{build.pipeline.slug}/builds/{build.number}"
        fields = {"id": build.id, "number": build.number, "state": "passed", "blocked": False}
        if not bare:
            created = PRESENT.fromtimestamp(build.created / 1000, PRESENT.tzinfo)
            fields |= {"url": url, "created_at": f"{created:%Y-%m-%d %H:%M:%S} UTC"}
        pipeline = {"id": build.pipeline.id, "slug": build.pipeline.slug}
        body = {"event": "build.finished", "build": fields, "pipeline": pipeline}
        events.append(event_of(json.dumps(body).encode(), PRESENT))
    return events


def hint(loader: Loader, events: list[Event], **arguments: Any) -> list[RecordedRequest]:
    """Load what events name, and return the requests it took."""
    loader.simulator.requests.clear()
    loader.load_only(*HINTED, catalog=[], hints=events, **arguments)
    return list(loader.simulator.requests)


def recent(loader: Loader) -> list[Any]:
    return loader.simulator.world.builds()


def known(loader: Loader) -> set[str]:
    return {row["id"] for row in loader.rows("builds")}


def test_one_event_takes_one_request(loaded: Loader) -> None:
    world = loaded.simulator.world
    new = world.create_build(world.organizations[0], recent(loaded)[0].pipeline)
    loaded.clock.world.advance(timedelta(minutes=1))
    before = loaded.pipeline().state["sources"]["buildkite_source"]["resources"]
    (request,) = hint(loaded, told(loaded, [new]))
    assert request.path.endswith(f"/builds/{new.number}")
    assert dict(request.params) == {"include_retried_jobs": "true"}
    assert new.id in known(loaded)
    after = loaded.pipeline().state["sources"]["buildkite_source"]["resources"]
    for table in ("builds", "jobs"):
        for key, kept in before[table]["lists"].items():
            rest = {name: value for name, value in kept.items() if name != "open"}
            assert rest.items() <= after[table]["lists"][key].items()
            assert new.id in after[table]["lists"][key]["open"]
    (row,) = loaded.rows("events")
    assert (row["event"], row["build_id"]) == ("build.finished", new.id)
    (build,) = [row for row in loaded.rows("builds") if row["id"] == new.id]
    assert build == {**build, **{"number": new.number, "pipeline_slug": new.pipeline.slug}}
    assert loaded.tables()["builds"][new.id] == loaded.truth()["builds"][new.id]


@pytest.mark.parametrize("bare", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_many_builds_are_read_by_pages_of_their_list(loaded: Loader, bare: bool) -> None:
    builds = recent(loaded)[:150]
    assert len(builds) > 40
    # Those of EventBridge do not say when a build was created: the tables do.
    requests = hint(loaded, told(loaded, builds, bare=bare))
    assert len(requests) == -(-len(builds) // 100)
    rows = loaded.rows("slices")
    assert {row["pass"] for row in rows if row["builds"] and row["run_at"] >= PRESENT} >= {"hinted"}


def test_a_build_that_is_gone_is_told_and_one_that_may_show_up_is_not(loaded: Loader) -> None:
    world = loaded.simulator.world
    gone = recent(loaded)[10]
    events = told(loaded, [gone])
    young = told(loaded, [recent(loaded)[0]])[0]
    number = 99_999
    url = young["build_created_at"], to_api(PRESENT)
    young |= {"build_id": "nowhere", "build_number": number, "build_created_at": url[1], "id": "y"}
    world.expire(gone)
    requests = hint(loaded, [*events, young])
    assert len(requests) <= 4
    assert [row["id"] for row in loaded.rows("missing_builds")] == [gone.id]
    assert len(loaded.rows("events")) == 2


def test_what_is_not_wanted_or_not_loaded_is_kept_and_not_read(loaded: Loader) -> None:
    foreign, old, unwanted = told(loaded, recent(loaded)[:3])
    foreign |= {"organization_slug": "elsewhere"}
    old |= {"build_created_at": "2020-01-01T00:00:00Z"}
    assert hint(loaded, [foreign, old]) == []
    assert len(loaded.rows("events")) == 2
    assert hint(loaded, [unwanted], organizations=["elsewhere"]) == []
    assert len(loaded.rows("events")) == 3


@pytest.mark.slow
def test_the_same_events_again_change_nothing(loaded: Loader) -> None:
    events = told(loaded, recent(loaded)[:3])
    hint(loaded, events)
    before = loaded.rows("events")
    hint(loaded, events)
    assert loaded.rows("events") == before
    assert loaded.tables()["builds"] == loaded.truth()["builds"]


@pytest.mark.slow
def test_lists_of_chosen_pipelines_take_hints_too(loader: Loader) -> None:
    chosen = recent(loader)[0].pipeline
    loader.load(pipelines=[chosen.slug])
    builds = [build for build in recent(loader) if build.pipeline is chosen][:1]
    other = [build for build in recent(loader) if build.pipeline is not chosen][:1]
    (request,) = hint(loader, told(loader, builds + other), pipelines=[chosen.slug])
    assert request.path.endswith(f"/{chosen.slug}/builds/{builds[0].number}")


def test_of_pipelines_that_had_the_same_slug_the_present_one_is_read(loader: Loader) -> None:
    world = loader.simulator.world
    organization = world.organizations[0]
    old, new = organization.pipelines[:2]
    slug = old.slug
    lists = ("pipelines", "builds", "jobs")
    loader.load_only(*lists, pipelines=[slug])
    world.delete_pipeline(organization, old)
    world.rename_pipeline(organization, new, slug)
    loader.clock.world.advance(timedelta(hours=1))
    loader.load_only(*lists, pipelines=[slug])
    assert sorted(row["slug"] for row in loader.rows("pipelines")) == [slug, slug]
    build = world.create_build(organization, new)
    (request,) = hint(loader, told(loader, [build]), pipelines=[slug])
    assert request.path.endswith(f"/{slug}/builds/{build.number}")
    assert build.id in known(loader)


@pytest.mark.slow
def test_before_the_first_load_events_are_kept_alone(loader: Loader) -> None:
    assert hint(loader, told(loader, recent(loader)[:2])) == []
    assert len(loader.rows("events")) == 2
    loader.load()
    assert loader.tables() == loader.truth()


@pytest.mark.slow
def test_a_moving_world_is_followed_by_events_alone(loaded: Loader) -> None:
    rng, world = Random(3), loaded.simulator.world
    seen = {build.id: build.version for build in world.builds()}
    for _ in range(2):
        loaded.clock.world.advance(timedelta(minutes=4))
        world.random_moves(rng, 6)
    moved = [b for b in world.builds() if seen.get(b.id) != b.version]
    states = {row["id"]: row for row in loaded.rows("builds")}
    truth = loaded.truth()["builds"]
    tables = loaded.tables()["builds"]
    named = {b.id for b in moved} | {key for key in truth if tables.get(key) != truth[key]}
    assert named - set(states), "no build is new"
    events = told(loaded, [build for build in world.builds() if build.id in named])
    requests = hint(loaded, events)
    assert len(requests) < len(events)
    truth, tables = loaded.truth(), loaded.tables()
    for key in named & set(truth["builds"]):
        assert tables["builds"][key] == truth["builds"][key]
    loaded.load()
    assert loaded.tables()["jobs"].keys() >= loaded.truth()["jobs"].keys()
