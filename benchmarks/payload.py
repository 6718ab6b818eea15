"""Builds with their jobs as the REST API sends them: seeded, all documented fields, real sizes."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from .payload_jobs import script_jobs
from .payload_parts import CLUSTER, PEOPLE, graphql_id, iso, named_uuid, random_uuid, user

API = "https://api.buildkite.com/v2"
ORGANIZATION = "acme"
PIPELINES = ("web", "api", "worker", "mobile", "infra", "docs", "search", "billing")
SPREAD = timedelta(days=20)

_BRANCHES = ("main", "main", "release/7", "fix/timeouts", "feature/cache", "dependabot/npm")


def organization() -> dict[str, Any]:
    """Return the one organization."""
    organization_id = named_uuid(ORGANIZATION)
    url = f"{API}/organizations/{ORGANIZATION}"
    return {
        "id": organization_id,
        "graphql_id": graphql_id("Organization", organization_id),
        "url": url,
        "web_url": f"https://buildkite.com/{ORGANIZATION}",
        "name": "Acme",
        "slug": ORGANIZATION,
        "pipelines_url": f"{url}/pipelines",
        "agents_url": f"{url}/agents",
        "emojis_url": f"{url}/emojis",
        "created_at": "2020-01-02T03:04:05.678Z",
    }


def pipelines() -> list[dict[str, Any]]:
    """Return the pipelines, as in their list and inside each build."""
    return [_pipeline(slug) for slug in PIPELINES]


def builds(count: int, jobs: int, newest: datetime, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield `count` finished builds with `jobs` jobs each, newest first.

    Their creation is spread evenly over `SPREAD` before `newest`.
    """
    rng = random.Random(seed)
    every = pipelines()
    numbers = dict.fromkeys(PIPELINES, count)
    for index in range(count):
        pipeline = rng.choice(every)
        numbers[pipeline["slug"]] -= 1
        created = newest - SPREAD * (index / count) - timedelta(seconds=1)
        yield _build(rng, pipeline, numbers[pipeline["slug"]], jobs, created)


def _build(
    rng: random.Random, pipeline: dict[str, Any], number: int, jobs: int, created: datetime
) -> dict[str, Any]:
    build_id = random_uuid(rng)
    person = rng.choice(PEOPLE)
    url = f"{pipeline['url']}/builds/{number}"
    web_url = f"{pipeline['web_url']}/builds/{number}"
    commit = f"{rng.getrandbits(160):040x}"
    branch = rng.choice(_BRANCHES)
    rows = script_jobs(rng, jobs, url, web_url, created)
    failed = any(job["state"] == "failed" and not job["retried"] for job in rows)
    message = f"Keep the connection of {branch} open for {rng.randrange(900)} seconds (#{number})"
    return {
        "id": build_id,
        "graphql_id": graphql_id("Build", build_id),
        "url": url,
        "web_url": web_url,
        "number": number,
        "state": "failed" if failed else "passed",
        "blocked": False,
        "blocked_state": "",
        "cancel_reason": None,
        "message": message,
        "commit": commit,
        "branch": branch,
        "tag": None,
        "env": {"RELEASE_CHANNEL": rng.choice(("stable", "beta"))},
        "source": rng.choice(("webhook", "webhook", "api", "ui", "schedule")),
        "author": {
            "username": person.partition(" ")[0].lower(),
            "name": person,
            "email": user(person)["email"],
        },
        "creator": user(person),
        "created_at": iso(created),
        "scheduled_at": iso(created),
        "started_at": iso(created + timedelta(seconds=3)),
        "failing_at": max(job["finished_at"] for job in rows) if failed and rows else None,
        "finished_at": max((job["finished_at"] for job in rows), default=iso(created)),
        "meta_data": {
            "release": str(number // 50),
            "buildkite:git:commit": f"commit {commit}\nauthor {person}\n\n    {message}",
        },
        "pull_request": None
        if branch == "main"
        else {"id": str(number), "base": "main", "repository": pipeline["repository"]},
        "merge_queue": None,
        "rebuilt_from": None,
        "triggered_from": None,
        "pipeline": pipeline,
        "jobs": rows,
    }


def _pipeline(slug: str) -> dict[str, Any]:
    pipeline_id = named_uuid(slug)
    url = f"{API}/organizations/{ORGANIZATION}/pipelines/{slug}"
    return {
        "id": pipeline_id,
        "graphql_id": graphql_id("Pipeline", pipeline_id),
        "url": url,
        "web_url": f"https://buildkite.com/{ORGANIZATION}/{slug}",
        "name": slug.title(),
        "slug": slug,
        "description": f"Builds, tests and ships {slug}",
        "repository": f"git@github.com:{ORGANIZATION}/{slug}.git",
        "cluster_id": CLUSTER,
        "pipeline_template_uuid": None,
        "branch_configuration": None,
        "default_branch": "main",
        "skip_queued_branch_builds": False,
        "skip_queued_branch_builds_filter": None,
        "cancel_running_branch_builds": True,
        "cancel_running_branch_builds_filter": "!main",
        "allow_rebuilds": True,
        "provider": {
            "id": "github",
            "webhook_url": "",
            "settings": {
                "trigger_mode": "code",
                "repository": f"{ORGANIZATION}/{slug}",
                "build_pull_requests": True,
                "publish_commit_status": True,
            },
        },
        "builds_url": f"{url}/builds",
        "badge_url": f"https://badge.buildkite.com/{pipeline_id}.svg",
        "created_by": user(PEOPLE[0]),
        "created_at": "2021-05-06T07:08:09.123Z",
        "archived_at": None,
        "env": None,
        "scheduled_builds_count": 0,
        "running_builds_count": 0,
        "scheduled_jobs_count": 0,
        "running_jobs_count": 0,
        "waiting_jobs_count": 0,
        "visibility": "private",
        "tags": None,
        "steps": [],
        "configuration": "steps:\n  - command: buildkite-agent pipeline upload\n",
    }


def start_of_hour() -> datetime:
    """Return the begin of this hour: the creation time of the newest build."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
