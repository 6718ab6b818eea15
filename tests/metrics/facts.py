"""What builds and attempts are, in slow and obvious Python."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

from .warehouse import Row

Answer = list[tuple[Any, ...]]
FAILED = ("failed", "timed_out", "expired")


def seconds(start: datetime | None, stop: datetime | None) -> float | None:
    return None if start is None or stop is None else (stop - start).total_seconds()


def hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


class Facts:
    """The shared definitions, over rows of builds and jobs."""

    def __init__(self, rows: dict[str, list[Row]], as_of: datetime) -> None:
        self.as_of = as_of
        self.pipelines = {row["id"]: row for row in rows["pipelines"]}
        self.builds = {row["id"]: row for row in rows["builds"]}
        self.every_job = rows["jobs"]
        self.jobs = [job for job in rows["jobs"] if job["type"] in ("script", "trigger")]

        self.jobs_of = grouped(self.jobs, lambda job: job["build_id"])

    # What a build is.

    def settled(self, build: Row) -> bool:
        final = ("passed", "failed", "canceled", "skipped", "not_run")
        works = [job for job in self.ended(build) if "pipeline upload" not in job["command"]]
        return build["state"] in final and (not build["blocked"] or bool(works))

    def ended(self, build: Row) -> list[Row]:
        """Return the attempts of a build that an agent ran to their end."""
        return [
            job for job in self.jobs_of[build["id"]] if job["started_at"] and job["finished_at"]
        ]

    def finished_at(self, build: Row) -> datetime | None:
        if build["blocked"]:
            return max((job["finished_at"] for job in self.ended(build)), default=None)
        finished: datetime | None = build["finished_at"]
        return finished

    def settled_at(self, build: Row) -> datetime:
        created: datetime = build["created_at"]
        return self.finished_at(build) or created

    def branch_class(self, build: Row) -> str:
        if build["branch"] == "main" and build["pull_request_base"] != "main":
            return "default branch"
        return "pull request" if build["pull_request_id"] else "other"

    def fails(self, job: Row) -> bool:
        return job["state"] in FAILED and not job["soft_failed"]

    def clean(self, build: Row) -> bool:
        passed = self.settled(build) and build["state"] == "passed"
        return passed and not any(map(self.fails, self.jobs_of[build["id"]]))

    def commit(self, build: Row) -> str | None:
        return None if build["commit"] == "HEAD" else build["commit"]

    def passed_at(self, pipeline: str, commit: str | None) -> list[datetime]:
        """Return the finishes of passed builds of a commit."""
        return [
            self.settled_at(build)
            for build in self.builds.values()
            if (build["pipeline_id"], self.commit(build)) == (pipeline, commit)
            and build["state"] == "passed"
            and self.settled(build)
        ]

    # What an attempt is.

    def step(self, job: Row) -> tuple[Any, ...]:
        return (job["pipeline_id"], job["step_key"] or "lint", job["parallel_group_index"])

    def job_settled_at(self, job: Row) -> datetime:
        return job["finished_at"] or job["created_at"]

    def hard(self, job: Row) -> bool:
        return self.fails(job) and job["retried_in_job_id"] is None

    def first(self, job: Row) -> bool:
        """Whether it is a first attempt that passed or failed."""
        later = {other["retried_in_job_id"] for other in self.jobs_of[job["build_id"]]}
        return job["id"] not in later and job["state"] in ("passed", *FAILED)

    @cached_property
    def chains(self) -> list[list[Row]]:
        by_id = {job["id"]: job for job in self.jobs}
        later = {job["retried_in_job_id"] for job in self.jobs}
        chains = []
        for job in self.jobs:
            if job["id"] not in later:
                chain = [job]
                while chain[-1]["retried_in_job_id"]:
                    chain.append(by_id[chain[-1]["retried_in_job_id"]])
                chains.append(chain)
        return chains

    def agent_seconds(self, job: Row) -> float:
        if job["type"] != "script":
            return 0.0
        return min(seconds(job["started_at"], job["finished_at"]) or 0.0, 24 * 3600.0)

    def tried(self) -> dict[Any, list[Row]]:
        """Return attempts that passed or failed, by step and commit."""
        return grouped(
            (
                job
                for job in self.jobs
                if (self.fails(job) or job["state"] == "passed")
                and self.commit(self.builds[job["build_id"]])
            ),
            lambda job: (*self.step(job), self.commit(self.builds[job["build_id"]])),
        )

    def flaky(self, pipeline: str, step: str, shard: Any, commit: str | None) -> bool:
        attempts = self.tried().get((pipeline, step, shard, commit), [])
        return len({self.fails(job) for job in attempts}) == 2
