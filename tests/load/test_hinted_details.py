"""Details of a build that has finished come with its event, not with the next sync."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
import pytest

from buildkite_source.events import Event, event_of
from buildkite_source.load import load
from tests.cli.running import Cli
from tests.events.sending import finished
from tests.reading import query

from .test_load import DATASET, begun

WANTED: dict[str, Any] = {"resources": "core, details", "logs": "failed"}


def rows(file: Path, sql: str) -> list[Any]:
    return [row[0] for row in query(file, sql.format(d=DATASET))]


def told(cli: Cli, build_id: str, name: str = "build.finished") -> Event:
    (build,) = [one for one in cli.simulator.world.builds() if one.id == build_id]
    organization = build.pipeline.organization.slug
    url = f"{cli.simulator.base_url}/organizations/{organization}/pipelines/"
    url += f"{build.pipeline.slug}/builds/{build.number}"
    body = finished(build.number, build.pipeline.slug, id=build_id, url=url)
    return event_of(body.replace(b"build.finished", name.encode()), datetime.now(UTC))


def failed_build(file: Path) -> str:
    """A build without details that has a job which failed, and is not the most urgent."""
    found: list[str] = rows(
        file,
        "SELECT build_id FROM {d}.jobs JOIN {d}.builds ON builds.id = build_id "
        "WHERE jobs.type = 'script' AND jobs.state = 'failed' AND NOT coalesce(soft_failed, false) "
        "AND jobs.started_at IS NOT NULL AND builds.state = 'failed' "
        "AND build_id NOT IN (SELECT build_id FROM {d}.fetched_details) "
        "AND build_id NOT IN (SELECT build_id FROM {d}.job_logs) "
        "GROUP BY build_id, builds.created_at ORDER BY builds.created_at LIMIT 1",
    )
    return found[0]


def requests_for(cli: Cli, pipeline: dlt.Pipeline, *hints: Event, bound: int = 50) -> int:
    cli.simulator.reset_requests()
    return load(pipeline, **WANTED, hints=hints, max_requests=bound).requests


def test_they_come_of_the_finished_build_alone(cli: Cli) -> None:
    file, pipeline = cli.database, begun(cli)
    load(pipeline, resources="annotations, logs", logs="failed", max_requests=2)
    waiting = len(rows(file, "SELECT build_id FROM {d}.waiting_details"))
    build = failed_build(file)
    (other,) = rows(file, "SELECT build_id FROM {d}.waiting_details WHERE kind = 'logs' LIMIT 1")
    assert requests_for(cli, pipeline, told(cli, other, "build.running"), told(cli, build)) > 3
    paths = {request.path.partition("/builds/")[2] for request in cli.simulator.requests}
    assert len({path.partition("/")[0] for path in paths if "/" in path}) == 1
    kinds = rows(file, f"SELECT kind FROM {{d}}.fetched_details WHERE build_id = '{build}'")
    assert sorted(kinds) == ["annotations", "artifacts"]
    jobs = rows(
        file,
        f"SELECT id FROM {{d}}.jobs WHERE build_id = '{build}' AND type = 'script' "
        "AND state = 'failed' AND NOT coalesce(soft_failed, false) AND started_at IS NOT NULL",
    )
    logs = rows(file, f"SELECT job_id FROM {{d}}.job_logs WHERE build_id = '{build}'")
    assert set(logs) == set(jobs) != set()
    # What an ordinary run found to wait is for the next one to replace.
    assert len(rows(file, "SELECT build_id FROM {d}.waiting_details")) == waiting > 0


@pytest.mark.slow
def test_within_the_bound_and_once(cli: Cli) -> None:
    pipeline = begun(cli)
    load(pipeline, **WANTED, max_requests=2)
    event = told(cli, failed_build(cli.database))
    assert requests_for(cli, pipeline, event, bound=1) == 2
    assert requests_for(cli, pipeline, event) > 2
    assert requests_for(cli, pipeline, event) == 1
