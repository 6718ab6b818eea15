"""Job environments: only what is allowed by name, and nothing of the rest anywhere."""

import json
from typing import Any

import duckdb
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from .conftest import Loader
from .details import of_jobs

KEYS = ("BUILDKITE_RETRY_COUNT", "BUILDKITE_AGENT_META_DATA_QUEUE", "NO_SUCH_NAME")


def load_env(loader: Loader, **arguments: Any) -> None:
    arguments.setdefault("env_keys", KEYS)
    loader.load_only("job_env", max_age="400d", **arguments)


def env_requests(loader: Loader) -> list[str]:
    return [
        request.path.split("/")[-2]
        for request in loader.simulator.requests
        if request.path.endswith("/env")
    ]


def jobs_of_failed_builds(loader: Loader, where: str = "TRUE") -> list[str]:
    with duckdb.connect(str(loader.database), read_only=True) as connection:
        sql = f"SELECT id FROM ci.jobs WHERE {FAILED} AND {where} ORDER BY id"
        return [job_id for (job_id,) in connection.execute(sql).fetchall()]


STARTED = "type = 'script' AND started_at IS NOT NULL"
FAILED = "build_id IN (SELECT id FROM ci.builds WHERE state = 'failed')"


def test_only_allowed_names_arrive_once_for_each_job(loaded: Loader) -> None:
    every = jobs_of_failed_builds(loaded)
    load_env(loaded, env_where=of_jobs(*every))
    rows = {row["job_id"]: row for row in loaded.rows("job_env", "job_id")}
    assert set(rows) == set(jobs_of_failed_builds(loaded, STARTED)) < set(every)
    jobs = {row["id"]: row for row in loaded.rows("jobs")}
    for job_id, row in rows.items():
        kept = json.loads(row["env"])
        assert set(kept) == set(KEYS[:2])
        assert kept["BUILDKITE_AGENT_META_DATA_QUEUE"] == jobs[job_id]["queue"]
        assert row["build_id"] == jobs[job_id]["build_id"]
    assert sorted(env_requests(loaded)) == sorted(rows)


def of_some(loader: Loader) -> str:
    """Return what asks for the environments of ten jobs."""
    return of_jobs(*jobs_of_failed_builds(loader, STARTED)[:10])


@pytest.mark.slow
def test_another_list_of_names_fetches_again(loaded: Loader) -> None:
    where = of_some(loaded)
    load_env(loaded, env_where=where, max_requests=5)
    assert len(env_requests(loaded)) == 5
    load_env(loaded, env_where=where, env_keys=["BUILDKITE_BRANCH"])
    rows = loaded.rows("job_env", "job_id")
    assert len(rows) == 10
    assert {name for row in rows for name in json.loads(row["env"])} == {"BUILDKITE_BRANCH"}


def test_nothing_is_asked_twice_nor_a_job_that_is_gone(loaded: Loader) -> None:
    where = of_some(loaded)
    loaded.simulator.faults.add(
        match="/env", kind="status", status=404, body=b'{"message": "No job found"}', times=1
    )
    load_env(loaded, env_where=where)
    states = [row["status"] for row in loaded.rows("job_env", "job_id")]
    assert states.count("absent") == 1
    assert len(states) == 10
    asked = env_requests(loaded)
    load_env(loaded, env_where=where)
    assert env_requests(loaded) == asked


def test_a_list_of_names_is_needed_and_the_scope_is_named(loaded: Loader) -> None:
    with pytest.raises(PipelineStepFailed, match="env_keys"):
        load_env(loaded, env_keys=[])
    token = loaded.simulator.add_token(scopes=["read_organizations"])
    with pytest.raises(PipelineStepFailed, match="read_job_env"):
        load_env(loaded, session=loaded.session(token))
