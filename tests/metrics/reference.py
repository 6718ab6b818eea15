"""The metrics once more, in slow and obvious Python: each function answers like one view."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cached_property
from statistics import median
from typing import Any

from .warehouse import PRICES, Row

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


class Reference:
    """Answers from rows of builds and jobs."""

    def __init__(self, rows: dict[str, list[Row]], as_of: datetime) -> None:
        self.as_of = as_of
        self.pipelines = {row["id"]: row for row in rows["pipelines"]}
        self.builds = {row["id"]: row for row in rows["builds"]}
        self.every_job = rows["jobs"]
        self.jobs = [job for job in rows["jobs"] if job["type"] in ("script", "trigger")]

    # What a build is.

    def settled(self, build: Row) -> bool:
        final = ("passed", "failed", "canceled", "skipped", "not_run")
        return build["state"] in final and not build["blocked"]

    def settled_at(self, build: Row) -> datetime:
        return build["finished_at"] or build["created_at"]

    def branch_class(self, build: Row) -> str:
        if build["branch"] == "main" and build["pull_request_base"] != "main":
            return "default branch"
        return "pull request" if build["pull_request_id"] else "other"

    def fails(self, job: Row) -> bool:
        return job["state"] in FAILED and not job["soft_failed"]

    def clean(self, build: Row) -> bool:
        jobs = [job for job in self.jobs if job["build_id"] == build["id"]]
        return self.settled(build) and build["state"] == "passed" and not any(map(self.fails, jobs))

    def commit(self, build: Row) -> str | None:
        return None if build["commit"] == "HEAD" else build["commit"]

    def passed_at(self, pipeline: str, commit: str | None) -> list[datetime]:
        """Return the finishes of passed builds of a commit."""
        return [
            build["finished_at"]
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

    # The views.

    def metric_success_hourly(self) -> Answer:
        groups = grouped(
            filter(self.settled, self.builds.values()),
            lambda b: (b["pipeline_id"], self.branch_class(b), hour(self.settled_at(b))),
        )
        return [
            (
                *key,
                len(builds),
                *(
                    sum(build["state"] == state for build in builds)
                    for state in ("passed", "failed", "canceled", "skipped", "not_run")
                ),
                sum(map(self.clean, builds)),
            )
            for key, builds in groups.items()
        ]

    def metric_throughput_hourly(self) -> Answer:
        groups = grouped(
            self.builds.values(),
            lambda b: (
                *(b["pipeline_id"], self.branch_class(b), b["source"], b["creator_id"] or ""),
                hour(b["created_at"]),
            ),
        )
        return [
            (*key, sum(map(self.settled, builds)), sum(not self.settled(b) for b in builds))
            for key, builds in groups.items()
        ]

    def metric_jobs(self) -> Answer:
        return [
            (
                chain[0]["id"],
                chain[-1]["id"],
                len(chain),
                "soft_failed" if chain[-1]["soft_failed"] else chain[-1]["state"],
                len(chain) > 1 and chain[-1]["state"] == "passed",
                chain[-1]["retry_source_type"],
                self.job_settled_at(chain[-1]),
            )
            for chain in self.chains
        ]

    def metric_steps_hourly(self) -> Answer:
        groups = grouped(
            self.jobs,
            lambda j: (
                *(j["pipeline_id"], self.branch_class(self.builds[j["build_id"]])),
                *(self.step(j)[1], -1 if self.step(j)[2] is None else self.step(j)[2]),
                hour(self.job_settled_at(j)),
            ),
        )
        return [
            (
                *key,
                len(jobs),
                sum(job["state"] == "passed" for job in jobs),
                sum(job["soft_failed"] for job in jobs),
                sum(map(self.hard, jobs)),
                sum(job["retried"] for job in jobs),
                sum(map(self.agent_seconds, jobs)),
            )
            for key, jobs in groups.items()
        ]

    def metric_step_commits(self) -> Answer:
        answer = []
        for (pipeline, step, shard, commit), jobs in self.tried().items():
            failed = {job["build_id"] for job in jobs if self.fails(job)}
            passed = {job["build_id"] for job in jobs if not self.fails(job)}
            within = bool(failed & passed)
            across = any(one != other for one in failed for other in passed)
            key = (pipeline, step, -1 if shard is None else shard, commit)
            answer.append((*key, len(failed | passed), within, across, within or across))
        return answer

    def metric_failed_builds(self) -> Answer:
        answer = []
        for build in self.builds.values():
            if not self.settled(build) or build["state"] != "failed":
                continue
            failures = [
                job for job in self.jobs if job["build_id"] == build["id"] and self.hard(job)
            ]
            failures.sort(key=lambda job: (self.job_settled_at(job), job["id"]))
            flakes = [self.flaky(*self.step(job), self.commit(build)) for job in failures]
            first = failures[0]["id"] if failures else ""
            answer.append((build["id"], len(failures), bool(flakes) and all(flakes), first))
        return answer

    def metric_waste_hourly(self) -> Answer:
        wasted = []
        for job in self.jobs:
            build = self.builds[job["build_id"]]
            passed = self.passed_at(build["pipeline_id"], self.commit(build) or "none")
            again = bool(build["rebuilt_from_id"]) and any(
                time <= build["created_at"] for time in passed
            )
            if self.agent_seconds(job) and (again or job["retried_in_job_id"]):
                wasted.append({**job, "again": again})
        groups = grouped(
            wasted,
            lambda j: (
                *(j["pipeline_id"], self.branch_class(self.builds[j["build_id"]])),
                *(j["queue"] or "default", hour(j["finished_at"])),
            ),
        )
        return [
            (
                *key,
                len(jobs),
                sum(self.agent_seconds(job) for job in jobs if not job["again"]) / 3600,
                sum(self.agent_seconds(job) for job in jobs if job["again"]) / 3600,
            )
            for key, jobs in groups.items()
        ]

    def metric_agent_hours_hourly(self) -> Answer:
        groups = grouped(
            (job for job in self.jobs if job["type"] == "script" and job["finished_at"]),
            lambda j: (
                *(j["pipeline_id"], self.branch_class(self.builds[j["build_id"]])),
                *(j["queue"] or "default", hour(j["finished_at"])),
            ),
        )
        answer = []
        for key, jobs in groups.items():
            hours = sum(map(self.agent_seconds, jobs)) / 3600
            price = PRICES.get(key[2])
            answer.append((*key, len(jobs), hours, hours * price if price else -1.0))
        return answer

    def metric_queue_wait_windows(self) -> Answer:
        answer = []
        for days in (7, 28, 90):
            started = [
                job
                for job in self.jobs
                if job["type"] == "script"
                and job["started_at"]
                and self.as_of - 2 * timedelta(days=days) <= job["started_at"] < self.as_of
            ]
            for key, jobs in grouped(
                started, lambda j: (j["organization_id"], j["queue"] or "default")
            ).items():
                now = [j for j in jobs if j["started_at"] >= self.as_of - timedelta(days=days)]
                waits = [seconds(j["runnable_at"], j["started_at"]) or 0.0 for j in now]
                limited = [j for j in now if j["concurrency_wait_time_ms"]]
                middle = median(waits) if len(waits) >= 5 else -1.0
                answer.append((*key, days, len(now), middle, len(limited), len(jobs) - len(now)))
        return answer

    def metric_blocks(self) -> Answer:
        answer = []
        for block in self.every_job:
            if block["type"] != "manual":
                continue
            until = block["unblocked_at"]
            jobs = [j for j in self.jobs if j["build_id"] == block["build_id"]]
            begun = [j for j in jobs if j["started_at"] and j["started_at"] < until]
            ends = [j["finished_at"] for j in begun]
            since = max(ends, default=self.builds[block["build_id"]]["created_at"])
            answer.append((block["id"], seconds(min(since, until), until)))
        return answer

    def metric_red_intervals(self) -> Answer:
        answer = []
        for pipeline in self.pipelines:
            red: Row | None = None
            main = [
                build
                for build in self.builds.values()
                if build["pipeline_id"] == pipeline
                and self.branch_class(build) == "default branch"
                and self.settled(build)
                and build["state"] in ("passed", "failed")
            ]
            for build in sorted(main, key=lambda b: (b["finished_at"], b["number"])):
                if build["state"] == "failed" and red is None:
                    red = build
                elif build["state"] == "passed" and red is not None:
                    answer.append(self._interval(red, build["finished_at"]))
                    red = None
            if red:
                answer.append(self._interval(red, None))
        return answer

    def _interval(self, build: Row, end: datetime | None) -> tuple[Any, ...]:
        green = self.passed_at(build["pipeline_id"], self.commit(build) or "none")
        red = seconds(build["finished_at"], end or self.as_of)
        return (build["id"], end is None, red, "flake" if green else "incident")

    def metric_red_windows(self) -> Answer:
        answer = []
        start = self.as_of - timedelta(days=7)
        for pipeline in {
            b["pipeline_id"]
            for b in self.builds.values()
            if self.branch_class(b) == "default branch"
        }:
            red, lengths = 0.0, []
            for key, is_open, length, _ in self.metric_red_intervals():
                build = self.builds[key]
                if build["pipeline_id"] == pipeline:
                    end = build["finished_at"] + timedelta(seconds=length)
                    red += max(0.0, (end - max(build["finished_at"], start)).total_seconds())
                    if not is_open and end >= start:
                        lengths.append(length)
            answer.append((pipeline, red, len(lengths), median(lengths) if lengths else -1.0))
        return answer

    def metric_commits(self) -> Answer:
        intervals = [
            (self.builds[key], self.builds[key]["finished_at"] + timedelta(seconds=length), is_open)
            for key, is_open, length, _ in self.metric_red_intervals()
        ]
        answer = []
        groups = grouped(
            (b for b in self.builds.values() if self.commit(b)),
            lambda b: (b["pipeline_id"], b["commit"]),
        )
        for (pipeline, commit), builds in groups.items():
            created = min(build["created_at"] for build in builds)
            green = min(self.passed_at(pipeline, commit), default=None)
            main = [b["created_at"] for b in builds if self.branch_class(b) == "default branch"]
            on_red = bool(main) and any(
                red["pipeline_id"] == pipeline and red["finished_at"] <= min(main)
                and (is_open or min(main) < end)
                for red, end, is_open in intervals
            )  # fmt: skip
            took = -1.0 if green is None else seconds(created, green)
            answer.append((pipeline, commit, len(builds), took, on_red))
        return answer

    def metric_critical_path(self) -> Answer:
        answer = []
        for build in filter(self.settled, self.builds.values()):
            ended = [
                {
                    "id": job["id"],
                    "ready": job["unblocked_at"] or job["runnable_at"],
                    "end": job["unblocked_at"] or job["finished_at"],
                }
                for job in self.every_job
                if job["build_id"] == build["id"] and (job["unblocked_at"] or job["finished_at"])
            ]
            ended.sort(key=lambda job: (job["end"], job["id"]))
            position = 0
            while ended:
                last, position = ended.pop(), position + 1
                answer.append((build["id"], position, last["id"]))
                ended = [job for job in ended if job["end"] <= last["ready"]]
        return answer

    def metric_failures_hourly(self) -> Answer:
        groups = grouped(
            filter(self.fails, self.jobs),
            lambda j: (j["pipeline_id"], self.failure_class(j), hour(self.job_settled_at(j))),
        )
        return [(*key, len(jobs), sum(map(self.hard, jobs))) for key, jobs in groups.items()]

    def failure_class(self, job: Row) -> str:
        if job["state"] != "failed":
            return str(job["state"]).replace("_", " ")
        if job["exit_status"] == -1:
            return "agent lost"
        if job["signal_reason"]:
            return f"signal {job['signal_reason']}"
        return "unknown" if job["exit_status"] is None else f"exit {job['exit_status']}"

    def metric_deployments(self) -> Answer:
        answer = []
        for build in self.builds.values():
            if (
                self.pipelines[build["pipeline_id"]]["slug"] != "ship"
                or self.branch_class(build) != "default branch"
                or not self.settled(build)
                or build["state"] not in ("passed", "failed")
            ):
                continue
            same = [
                b["created_at"]
                for b in self.builds.values()
                if b["organization_id"] == build["organization_id"]
                and self.commit(b)
                and b["commit"] == build["commit"]
            ]
            lead = -1.0
            if build["state"] == "passed" and same:
                lead = seconds(min(same), build["finished_at"]) or 0.0
            recovery = next(
                (
                    length
                    for key, is_open, length, _ in self.metric_red_intervals()
                    if key == build["id"] and not is_open
                ),
                -1.0,
            )
            answer.append((build["id"], build["state"] == "failed", lead, recovery))
        return answer
