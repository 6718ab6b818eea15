"""Two organizations with the same slugs and numbers everywhere, and nothing is mixed up."""

from datetime import timedelta

import duckdb
import pytest

from buildkite_simulator import Step, WorldConfig

from .conftest import PRESENT, Loader

_STEPS = (Step(key="test", label="Test", minutes=2),)


@pytest.fixture(scope="module")
def world_config() -> WorldConfig:
    return WorldConfig.empty().but(end=PRESENT)


def test_the_same_slugs_and_numbers_stay_apart(loader: Loader) -> None:
    world = loader.simulator.world
    world.add_organization("globex")
    owners = [organization.slug for organization in world.organizations]
    assert len(owners) == 2
    made = {}
    for owner in owners:
        world.add_pipeline(owner, "web", _STEPS)
        for outcome in ("failed", "passed"):
            build = world.create_build(owner, "web", outcomes={"test": outcome})
            world.annotate(build, f"<p>{owner}</p>", context="note")
            made[build.id] = owner
    loader.clock.world.advance(timedelta(hours=2))
    loader.load()
    details = ("annotations", "artifacts", "job_logs", "job_log_lines")
    source = loader.source(logs="all", max_age="400d")
    loader.pipeline().run(source.with_resources(*details))
    with duckdb.connect(str(loader.database), read_only=True) as connection:
        connection.execute("USE ci")
        builds = connection.execute(
            "SELECT b.id, o.slug, b.organization_slug, p.slug, b.number, count(j.id) "
            "FROM builds b JOIN organizations o ON o.id = b.organization_id "
            "JOIN pipelines p ON p.id = b.pipeline_id AND p.organization_id = b.organization_id "
            "JOIN jobs j ON j.build_id = b.id AND j.organization_id = b.organization_id "
            "GROUP BY ALL"
        ).fetchall()
        assert {row[0]: row[1] for row in builds} == made
        assert all(row[1] == row[2] for row in builds)
        assert sorted(row[3:5] for row in builds) == [("web", n) for n in (1, 1, 2, 2)]
        notes = connection.execute(
            "SELECT build_id, organization_slug, body_text FROM annotations WHERE context = 'note'"
        ).fetchall()
        assert {build: owner for build, owner, _ in notes} == made
        assert all(owner == text for _, owner, text in notes)
        logs = connection.execute(
            "SELECT l.organization_id = j.organization_id AND l.build_id = j.build_id "
            "FROM job_logs l JOIN jobs j ON j.id = l.job_id"
        ).fetchall()
        assert len(logs) == 4
        assert all(same for (same,) in logs)


def test_what_was_seen_first_stays_so(loader: Loader) -> None:
    loader.simulator.world.add_pipeline(loader.simulator.world.organizations[0].slug, "web", _STEPS)
    loader.load_only("organizations", "pipelines")
    before = {
        name: {row["id"]: row["first_seen_at"] for row in loader.rows(name)}
        for name in ("organizations", "pipelines")
    }
    loader.clock.world.advance(timedelta(hours=3))
    loader.load_only("organizations", "pipelines")
    for name, first in before.items():
        rows = loader.rows(name)
        assert {row["id"]: row["first_seen_at"] for row in rows} == first
        assert all(row["last_seen_at"] - first[row["id"]] >= timedelta(hours=3) for row in rows)
