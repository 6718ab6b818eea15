"""The views of attempts once more, in plain Python, and with them all that have a reference."""

from datetime import timedelta
from statistics import median

from .facts import Answer, grouped, hour, seconds
from .reference_builds import Builds
from .warehouse import PRICES, Row


class Reference(Builds):
    """Answers about attempts, and what `Builds` answers."""

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
                len(firsts := [job for job in jobs if self.first(job)]),
                sum(job["state"] == "passed" for job in firsts),
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
