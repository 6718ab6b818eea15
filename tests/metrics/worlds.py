"""How the rows of a random world change between two loads."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from .random_rows import random_rows
from .warehouse import Row

Rows = dict[str, list[Row]]


def moved(dice: random.Random, rows: Rows, now: datetime) -> str:
    """Change the rows as a load would that happens now, and return what happened."""
    what = dice.choice(_MOVES)
    what(dice, rows, now)
    return what.__name__


def _builds(dice: random.Random, rows: Rows, most: int) -> list[Row]:
    builds = rows["builds"]
    return dice.sample(builds, min(len(builds), dice.randint(1, most)))


def _fetched(rows: Rows, builds: list[Row], now: datetime) -> None:
    """A build comes with all its jobs."""
    ids = {build["id"] for build in builds}
    for row in [*builds, *(job for job in rows["jobs"] if job["build_id"] in ids)]:
        row["fetched_at"] = now


def an_old_build_is_retried(dice: random.Random, rows: Rows, now: datetime) -> None:
    builds = _builds(dice, rows, 3)
    for build in builds:
        tried = [
            job
            for job in rows["jobs"]
            if job["build_id"] == build["id"]
            and job["type"] == "script"
            and not job["retried_in_job_id"]
        ]
        if tried:
            last = dice.choice(tried)
            again = {**last, "id": f"{last['id']}+", "state": dice.choice(["passed", "failed"])}
            again |= {"retry_source_type": "manual", "soft_failed": False, "finished_at": now}
            last |= {"retried": True, "retried_in_job_id": again["id"]}
            rows["jobs"].append(again)
        build["state"] = dice.choice(["passed", "failed", "running"])
    _fetched(rows, builds, now)


def builds_are_new(dice: random.Random, rows: Rows, now: datetime) -> None:
    more, mark = random_rows(dice.randrange(1000), builds=dice.randint(1, 9)), now.isoformat()
    for build in more["builds"]:
        build |= {"id": build["id"] + mark, "rebuilt_from_id": None}
    for job in more["jobs"]:
        job |= {"id": job["id"] + mark, "build_id": job["build_id"] + mark}
        if job["retried_in_job_id"]:
            job["retried_in_job_id"] += mark
    rows["builds"] += more["builds"]
    rows["jobs"] += more["jobs"]
    _fetched(rows, more["builds"], now)


def attempts_are_late(dice: random.Random, rows: Rows, now: datetime) -> None:
    """The load of the builds had arrived, that of their jobs had not."""
    for build in _builds(dice, rows, 3):
        for job in rows["jobs"]:
            if job["build_id"] == build["id"] and job["type"] == "script":
                job |= {"state": dice.choice(["passed", "failed"]), "fetched_at": now}


def a_pipeline_is_renamed(dice: random.Random, rows: Rows, now: datetime) -> None:
    if rows["pipelines"]:
        dice.choice(rows["pipelines"])["slug"] += "-too"


def the_default_branch_is_another(dice: random.Random, rows: Rows, now: datetime) -> None:
    if rows["pipelines"]:
        dice.choice(rows["pipelines"])["default_branch"] = dice.choice(["main", "wip", "fix"])


def a_pipeline_is_gone(dice: random.Random, rows: Rows, now: datetime) -> None:
    if rows["pipelines"]:
        rows["pipelines"].remove(dice.choice(rows["pipelines"]))


def commits_are_resolved(dice: random.Random, rows: Rows, now: datetime) -> None:
    builds = _builds(dice, rows, 5)
    for build in builds:
        build["commit"] = dice.choice(["c1", "c2", "c9", "HEAD"])
    _fetched(rows, builds, now)


def builds_are_gone(dice: random.Random, rows: Rows, now: datetime) -> None:
    """Somebody deleted them, or brought back a file of yesterday."""
    for build in _builds(dice, rows, 4):
        rows["builds"].remove(build)
        rows["jobs"] = [job for job in rows["jobs"] if job["build_id"] != build["id"]]


def logs_arrive(dice: random.Random, rows: Rows, now: datetime) -> None:
    known = {log["job_id"] for log in rows.get("job_logs", ())}
    jobs = [job for job in rows["jobs"] if job["type"] == "script" and job["id"] not in known]
    for job in dice.sample(jobs, min(len(jobs), 12)):
        log = {"job_id": job["id"], "build_id": job["build_id"], "fetched_at": now}
        rows.setdefault("job_logs", []).append(log)
        for number in range(3):
            text = f"Error {dice.randrange(5)} in line {number}"
            line = {**log, "line_number": number, "text": text, "is_header": False}
            rows.setdefault("job_log_lines", []).append(line)


def time_goes_by(dice: random.Random, rows: Rows, now: datetime) -> None:
    """Builds are read again and are as they were."""
    _fetched(rows, _builds(dice, rows, 5), now - timedelta(minutes=1))


_MOVES: list[Callable[[random.Random, Rows, datetime], None]] = [
    an_old_build_is_retried,
    an_old_build_is_retried,
    builds_are_new,
    builds_are_new,
    attempts_are_late,
    a_pipeline_is_renamed,
    the_default_branch_is_another,
    a_pipeline_is_gone,
    commits_are_resolved,
    builds_are_gone,
    logs_arrive,
    logs_arrive,
    time_goes_by,
]
