"""Script jobs of one build, each with its agent; some were retried."""

import random
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from .payload_parts import CLUSTER, graphql_id, iso, named_uuid, random_uuid

_STEPS = ("lint", "unit", "integration", "e2e", "types", "package", "bench", "docs", "smoke")
_AGENTS = 40
_RETRY_SHARE = 0.06


def script_jobs(
    rng: random.Random, count: int, build_url: str, build_web_url: str, created: datetime
) -> list[dict[str, Any]]:
    """Return `count` attempts; a retried one is followed by the attempt that replaced it."""
    jobs: list[dict[str, Any]] = []
    while len(jobs) < count:
        step = f"{rng.choice(_STEPS)}-{len(jobs)}"
        job = _job(rng, step, build_url, build_web_url, created)
        jobs.append(job)
        if rng.random() < _RETRY_SHARE and len(jobs) < count:
            after = _job(rng, step, build_url, build_web_url, created + timedelta(minutes=9))
            _retry(job, after)
            jobs.append(after)
    return jobs


def _retry(job: dict[str, Any], after: dict[str, Any]) -> None:
    job |= {
        "state": "failed",
        "exit_status": 1,
        "retried": True,
        "retried_in_job_id": after["id"],
        "retry_type": "automatic",
    }
    after["retries_count"] = 1
    after["retry_source"] = {"job_id": job["id"], "retry_type": "automatic"}


def _job(
    rng: random.Random, step: str, build_url: str, build_web_url: str, created: datetime
) -> dict[str, Any]:
    job_id = random_uuid(rng)
    url = f"{build_url}/jobs/{job_id}"
    organization_url = build_url.partition("/pipelines/")[0]
    cluster_url = f"{organization_url}/clusters/{CLUSTER}"
    queue = rng.choice(("default", "default", "large", "macos"))
    queue_id = named_uuid(queue)
    runnable = created + timedelta(milliseconds=rng.randrange(200, 4000))
    started = runnable + timedelta(milliseconds=rng.randrange(500, 90_000))
    finished = started + timedelta(milliseconds=rng.randrange(2_000, 900_000))
    failed = rng.random() < 0.08
    return {
        "id": job_id,
        "graphql_id": graphql_id("Job", job_id),
        "type": "script",
        "name": f":pytest: {step}",
        "label": f":pytest: {step}",
        "step_key": step,
        "group_key": None,
        "step": {
            "id": random_uuid(rng),
            "signature": None,
        },
        "priority": {"number": rng.choice((0, 0, 0, 1))},
        "state": "failed" if failed else "passed",
        "agent_query_rules": [f"queue={queue}", "os=linux"],
        "build_url": build_url,
        "web_url": f"{build_web_url}#{job_id}",
        "log_url": f"{url}/log",
        "raw_log_url": f"{url}/log.txt",
        "artifacts_url": f"{url}/artifacts",
        "command": f"./ci/setup --cache\n./ci/run {step} --shard 1/1",
        "soft_failed": failed and rng.random() < 0.2,
        "exit_status": rng.choice((1, 2, 137)) if failed else 0,
        "signal": None,
        "signal_reason": None,
        "broken_reason": None,
        "artifact_paths": "reports/*.xml;coverage/**",
        "agent": _agent(rng.randrange(_AGENTS), queue, organization_url),
        "created_at": iso(created),
        "scheduled_at": iso(created),
        "runnable_at": iso(runnable),
        "started_at": iso(started),
        "finished_at": iso(finished),
        "expired_at": None,
        "concurrency_wait_time_ms": None,
        "retried": False,
        "retried_in_job_id": None,
        "retries_count": 0,
        "retry_source": None,
        "retry_type": None,
        "retried_by": None,
        "parallel_group_index": None,
        "parallel_group_total": None,
        "matrix": None,
        "cluster_id": CLUSTER,
        "cluster_url": cluster_url,
        "cluster_queue_id": queue_id,
        "cluster_queue_url": f"{cluster_url}/queues/{queue_id}",
    }


@cache
def _agent(number: int, queue: str, organization_url: str) -> dict[str, Any]:
    agent_id = named_uuid(f"{queue}/{number}")
    name = f"runner-{queue}-{number}"
    return {
        "id": agent_id,
        "url": f"{organization_url}/agents/{agent_id}",
        "web_url": f"https://buildkite.com/organizations/acme/agents/{agent_id}",
        "name": name,
        "connection_state": "connected",
        "hostname": f"{name}.internal",
        "ip_address": f"10.0.{number}.7",
        "user_agent": "buildkite-agent/3.98.2.9100 (linux; amd64)",
        "version": "3.98.2",
        "os_id": "ubuntu-24.04",
        "arch": "amd64",
        "queue": queue,
        "creator": None,
        "created_at": "2026-07-01T02:03:04.567Z",
        "connected_at": "2026-07-01T02:03:05.678Z",
        "job": None,
        "priority": 1,
        "meta_data": [f"queue={queue}", "os=linux", f"host={name}"],
    }
