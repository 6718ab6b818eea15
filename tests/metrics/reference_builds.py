"""The views of builds once more, in plain Python: a function answers like the view of its name."""

from datetime import datetime, timedelta
from statistics import median
from typing import Any

from .facts import Answer, Facts, grouped, hour, seconds
from .warehouse import Row


class Builds(Facts):
    """Answers about builds, commits and main."""

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
                sum(b["blocked"] and b["state"] in ("passed", "failed") for b in builds),
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

    def metric_blocks(self) -> Answer:
        answer = []
        for block in self.every_job:
            if block["type"] != "manual" or block["state"] == "blocked":
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
            for build in sorted(main, key=lambda b: (self.settled_at(b), b["number"])):
                if build["state"] == "failed" and red is None:
                    red = build
                elif build["state"] == "passed" and red is not None:
                    answer.append(self._interval(red, self.settled_at(build)))
                    red = None
            if red:
                answer.append(self._interval(red, None))
        return answer

    def _interval(self, build: Row, end: datetime | None) -> tuple[Any, ...]:
        green = self.passed_at(build["pipeline_id"], self.commit(build) or "none")
        red = seconds(self.settled_at(build), end or self.as_of)
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
                    begin = self.settled_at(build)
                    end = begin + timedelta(seconds=length)
                    red += max(0.0, (end - max(begin, start)).total_seconds())
                    if not is_open and end >= start:
                        lengths.append(length)
            answer.append((pipeline, red, len(lengths), median(lengths) if lengths else -1.0))
        return answer

    def metric_commits(self) -> Answer:
        intervals = [
            (self.builds[key], length, is_open)
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
                red["pipeline_id"] == pipeline and self.settled_at(red) <= min(main)
                and (is_open or min(main) < self.settled_at(red) + timedelta(seconds=length))
                for red, length, is_open in intervals
            )  # fmt: skip
            took = -1.0 if green is None else seconds(created, green)
            answer.append((pipeline, commit, len(builds), took, on_red))
        return answer

    def metric_deployments(self) -> Answer:
        deployed = [
            build
            for build in self.builds.values()
            if self.pipelines[build["pipeline_id"]]["slug"] == "ship"
            and self.branch_class(build) == "default branch"
            and self.settled(build)
            and not build["blocked"]
            and build["state"] in ("passed", "failed")
        ]
        deployed.sort(key=lambda build: (build["finished_at"], build["number"]))
        answer = []
        for place, build in enumerate(deployed):
            same = [
                b["created_at"]
                for b in self.builds.values()
                if b["organization_id"] == build["organization_id"]
                and self.commit(b)
                and b["commit"] == build["commit"]
            ]
            lead = recovery = -1.0
            if build["state"] == "passed" and same:
                lead = seconds(min(same), build["finished_at"]) or 0.0
            before = deployed[place - 1]["state"] if place else "passed"
            later = [b["finished_at"] for b in deployed[place:] if b["state"] == "passed"]
            if build["state"] == "failed" and before == "passed" and later:
                recovery = seconds(build["finished_at"], later[0]) or 0.0
            answer.append((build["id"], build["state"] == "failed", lead, recovery))
        return answer

    def metric_standing_builds(self) -> Answer:
        answer = []
        for build in self.builds.values():
            if not build["blocked"]:
                continue
            jobs = [job for job in self.every_job if job["build_id"] == build["id"]]
            happened = [job["unblocked_at"] or job["finished_at"] for job in jobs]
            since = max(filter(None, happened), default=build["created_at"])
            waits = [job["label"] for job in jobs if job["state"] == "blocked"] or [""]
            stands = max(seconds(since, self.as_of) or 0.0, 0.0)
            answer += [(build["id"], label, self.settled(build), stands) for label in waits]
        return answer
