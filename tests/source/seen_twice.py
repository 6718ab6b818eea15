"""A build that two passes of one load return, of another version each time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from buildkite_simulator import RecordedRequest, Step

from .conftest import Loader


def load_while_a_build_ends(loader: Loader, load: Callable[[], object]) -> Any:
    """Load a build that ends after the pass `open` has returned it; `finished` does so again.

    Returns:
        The build, whose last version is that of the world.
    """
    world = loader.simulator.world
    organization = world.organizations[0]
    world.add_pipeline(organization.slug, "slow", [Step(key="test", label="Test", minutes=60)])
    build = world.create_build(organization.slug, "slow")
    loader.clock.world.advance(timedelta(minutes=10))
    load()

    def end(request: RecordedRequest) -> None:
        if "finished_from" in request.params:
            loader.clock.world.advance(timedelta(hours=3))

    loader.simulator.requests.clear()
    off = loader.simulator.before_response(end)
    load()
    off()
    passes = [request for request in loader.simulator.requests if "created_to" in request.params]
    assert any(("state[]", "running") in request.query for request in passes)
    return build


def versions_of(build: Any, tables: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return a build and its jobs as tables of rows by id hold them."""
    jobs = {key: row for key, row in tables["jobs"].items() if row["build_id"] == build.id}
    return {"builds": {build.id: tables["builds"][build.id]}, "jobs": jobs}
