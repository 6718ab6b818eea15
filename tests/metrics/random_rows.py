"""Random builds and jobs, seeded: everything that can happen, much of it at once."""

import random
from typing import Any

from .warehouse import Row, at

AS_OF = 16 * 24 * 60
_BUILD_STATES = ["passed"] * 8 + ["failed"] * 6 + ["canceled", "skipped", "not_run", "running"]
_JOB_STATES = ["passed"] * 8 + ["failed"] * 4 + ["timed_out", "expired", "canceled", "broken"]
_RETRYABLE = ("failed", "timed_out", "passed")


def random_rows(seed: int, builds: int = 60) -> dict[str, list[Row]]:
    """Return rows of pipelines, builds, jobs and actions, of two organizations."""
    dice = random.Random(seed)
    pipelines = [
        {
            "id": f"p{number}",
            "organization_id": f"o{number % 2}",
            "organization_slug": f"o{number % 2}",
            "slug": "ship" if number == 2 else f"pipeline-{number}",
            "default_branch": "main",
        }
        for number in range(3)
    ]
    rows: dict[str, list[Row]] = {"pipelines": pipelines, "builds": [], "jobs": []}
    for number in range(1, builds + 1):
        pipeline = dice.choice(pipelines)
        build = _build(dice, pipeline, number, rows["builds"])
        rows["builds"].append(build)
        rows["jobs"] += _jobs(dice, build)
    rows["actions"] = [_retry(build) for build in rows["builds"] if build["state"] != "skipped"]
    return rows


def _build(dice: random.Random, pipeline: Row, number: int, before: list[Row]) -> Row:
    created = dice.uniform(0, AS_OF - 500)
    state = dice.choice(_BUILD_STATES)
    ran = state not in ("skipped", "not_run")
    started = created + dice.uniform(0, 5)
    finished = started + dice.uniform(1, 400)
    earlier = [build for build in before if build["pipeline_id"] == pipeline["id"]]
    branch = dice.choice(["main", "main", "fix", "wip"])
    return {
        "id": f"b{number:03}",
        "organization_id": pipeline["organization_id"],
        "organization_slug": pipeline["organization_slug"],
        "pipeline_id": pipeline["id"],
        "pipeline_slug": "as it was",
        "number": number,
        "state": state,
        "blocked": state in ("passed", "failed") and dice.random() < 0.35,
        "branch": branch,
        "pull_request_id": "7" if branch == "fix" else None,
        "pull_request_base": dice.choice(["main", None]) if branch == "fix" else None,
        "commit": dice.choice(["HEAD", "c1", "c2", "c3", "c4", "c5"]),
        "source": dice.choice(["webhook", "schedule"]),
        "creator_id": dice.choice(["u1", None]),
        "rebuilt_from_id": earlier[0]["id"] if earlier and dice.random() < 0.3 else None,
        "created_at": at(created),
        "started_at": at(started) if ran else None,
        "failing_at": at(started + dice.uniform(-3, 9)) if state == "failed" else None,
        "finished_at": at(finished) if ran and state != "running" else None,
        "fetched_at": at(AS_OF),
    }


def _jobs(dice: random.Random, build: Row) -> list[Row]:
    jobs: list[Row] = []
    start = build["started_at"] or build["created_at"]
    minute = (start - at(0)).total_seconds() / 60
    steps = ["upload", "lint", "test", "test", "ship"]
    if build["blocked"] and dice.random() < 0.3:
        # It stands before anything but the upload of its steps.
        steps = steps[: dice.randint(0, 1)]
    for step in steps:
        shard = dice.choice([None, 0, 1]) if step == "test" else None
        previous: Row | None = None
        for _ in range(dice.choice([1, 1, 1, 2, 4])):
            if previous and previous["state"] not in _RETRYABLE:
                break
            job = _job(dice, build, f"{build['id']}-{len(jobs)}", step, shard, minute)
            if previous:
                previous.update(retried=True, retried_in_job_id=job["id"])
                job.update(retry_source_type=dice.choice(["automatic", "manual"]))
            jobs.append(job)
            previous = job
    if dice.random() < 0.5:
        jobs.append(
            {**_of(build), "id": f"{build['id']}-block", "type": "manual", "state": "unblocked",
             "label": "Go?", "unblocked_at": at(minute + dice.uniform(0, 400))}
        )  # fmt: skip
    if build["blocked"] and dice.random() < 0.8:
        jobs.append(
            {**_of(build), "id": f"{build['id']}-gate", "type": "manual", "state": "blocked",
             "label": "Deploy?"}
        )  # fmt: skip
    return jobs


def _job(
    dice: random.Random, build: Row, key: str, step: str, shard: int | None, minute: float
) -> Row:
    state = dice.choice(_JOB_STATES)
    ran = state in ("passed", "failed", "timed_out", "canceled")
    runnable = minute + dice.uniform(-1, 300)
    started = runnable + dice.uniform(0, 20)
    length = dice.choice([0.0, dice.uniform(0, 100), dice.uniform(0, 2000)])
    return {
        **_of(build),
        "id": key,
        "type": "trigger" if dice.random() < 0.1 else "script",
        "step_key": step if step != "lint" else None,
        "name": ":broom: lint" if step == "lint" else None,
        "command": "buildkite-agent pipeline upload" if step == "upload" else "make",
        "parallel_group_index": shard,
        "state": state,
        "soft_failed": state == "failed" and dice.random() < 0.3,
        "exit_status": dice.choice([0, 1, -1, None]),
        "signal_reason": dice.choice([None, "agent_stop"]),
        "queue": dice.choice(["gpu", None]),
        "created_at": at(minute),
        "runnable_at": at(runnable) if ran else None,
        "started_at": at(started) if ran else None,
        "finished_at": at(started + length) if ran else None,
        "concurrency_wait_time_ms": dice.choice([None, 0, 2500]),
    }


def _retry(build: Row) -> Row:
    return {
        "key": f"retry-flakes/{build['id']}",
        "action": "retry_failed_jobs",
        "requested_at": build["created_at"],
        "status": "done",
    }


def _of(build: Row) -> dict[str, Any]:
    return {
        "organization_id": build["organization_id"],
        "organization_slug": build["organization_slug"],
        "pipeline_id": build["pipeline_id"],
        "build_id": build["id"],
        "build_number": build["number"],
        "soft_failed": False,
        "retried": False,
        "retried_in_job_id": None,
        "retry_source_type": None,
        "command": "make",
        "unblocked_at": None,
        "started_at": None,
        "finished_at": None,
        "runnable_at": None,
        "fetched_at": at(AS_OF),
    }
