"""Failed builds of late with what is known of each step that failed them; only asks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlglot import exp

from buildkite_source.answers.numbers import absent
from buildkite_source.answers.questions import Warehouse
from buildkite_source.client import BuildkiteError

# A newer build of the branch says what the branch is like now, unless nothing ran in it.
_FAILED = """
WITH newest AS (
  SELECT pipeline_id, branch, max(build_number) AS build_number
  FROM metric_build_classes
  WHERE NOT (state = 'skipped' OR state = 'not_run' OR state = 'canceled')
  GROUP BY 1, 2
), by_hand AS (
  SELECT build_id, count(*) AS attempts
  FROM metric_attempts
  WHERE retry_source_type = 'manual'
  GROUP BY 1
), hard AS (
  SELECT * FROM metric_attempts WHERE is_hard_failure
)
SELECT
  b.build_id,
  b.organization_slug,
  b.pipeline_slug,
  b.build_number,
  b.branch,
  b.settled_at,
  coalesce(n.build_number > b.build_number, FALSE) AS is_followed,
  coalesce(r.attempts, 0) AS attempts_by_hand,
  d.pipeline_id IS NOT NULL AS deploys,
  a.type,
  a.result,
  a.step,
  a.parallel_group_index,
  f.commits,
  f.flaky_commits,
  f.flaky_rate,
  f.flaky_low
FROM (
  SELECT * FROM metric_failed_builds WHERE :scope AND settled_at >= CAST(:since AS TIMESTAMPTZ)
) AS b
LEFT JOIN newest AS n ON n.pipeline_id = b.pipeline_id AND n.branch = b.branch
LEFT JOIN by_hand AS r ON r.build_id = b.build_id
LEFT JOIN metric_deploying_pipelines AS d ON d.pipeline_id = b.pipeline_id
LEFT JOIN hard AS a ON a.build_id = b.build_id
LEFT JOIN (
  SELECT * FROM metric_flaky_step_windows WHERE window_days = :window_days
) AS f
  ON f.organization_id = a.organization_id AND f.pipeline_id = a.pipeline_id AND f.step = a.step
  AND coalesce(f.parallel_group_index, -1) = coalesce(a.parallel_group_index, -1)
ORDER BY b.settled_at DESC, b.build_id, a.step, a.parallel_group_index, a.job_id
"""
# 400 and alike: the API refused the thing itself, and would again.
_ACTED_ON = """
SELECT DISTINCT b.build_id
FROM actions AS a
JOIN metric_build_classes AS b
  ON b.organization_slug = a.organization_slug AND b.pipeline_slug = a.pipeline_slug
  AND b.build_number = a.build_number
WHERE a.action IN ('retry_failed_jobs', 'retry_job', 'rebuild')
  AND (
    a.status = 'done'
    OR a.status = 'failed' AND a.http_status IN (400, 404, 409, 422)
    OR a.status IN ('sent', 'unknown') AND NOT a.key LIKE 'retry-flakes/%'
  )
"""
_LOADED = """
SELECT organization_slug, pipeline_slug, as_of
FROM metric_freshness
WHERE organization_slug IS NOT NULL AND pipeline_slug IS NOT NULL
"""


@dataclass(slots=True)
class Loaded:
    """What is loaded.

    Attributes:
        organizations: The moment that the data of each is of, by slug.
        pipelines: Slugs.
    """

    organizations: dict[str, datetime] = field(default_factory=dict)
    pipelines: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Failure:
    """A hard failure, with what is known of its step.

    Attributes:
        type: `script` or `trigger`.
        result: `failed`, `timed_out` or `expired`.
        step: Key or normalised name, matrix values included; hostile text.
        parallel_group_index: Its place among the parallel jobs of the step, or None.
        commits: Commits at which the step passed or failed in the window.
        flaky_commits: Commits at which it did both.
        flaky_rate: Their share, from 0 to 1; None without commits.
        flaky_low: Lower Wilson bound of it at 95 %.
    """

    type: str
    result: str
    step: str
    parallel_group_index: int | None
    commits: int
    flaky_commits: int
    flaky_rate: float | None
    flaky_low: float | None


@dataclass(frozen=True, slots=True)
class FailedBuild:
    """A settled failed build.

    Attributes:
        build_id: UUID.
        organization: Slug.
        pipeline: Slug.
        number: Build number.
        branch: Branch; hostile text.
        settled_at: When it failed.
        is_followed: A newer build of its branch ran, or runs.
        attempts_by_hand: Attempts in it that somebody, or some program, asked for.
        deploys: Its pipeline is marked as deploying.
        failures: What hard-failed in it.
    """

    build_id: str
    organization: str
    pipeline: str
    number: int
    branch: str | None
    settled_at: datetime
    is_followed: bool
    attempts_by_hand: int
    deploys: bool
    failures: tuple[Failure, ...]

    @property
    def name(self) -> str:
        """How the command line names it."""
        return f"{self.organization}/{self.pipeline}/{self.number}"


def failed_builds(
    warehouse: Warehouse, scope: exp.Expr, since: datetime, window_days: int
) -> list[FailedBuild]:
    """Return the builds that failed since a moment, the newest failure first.

    Args:
        warehouse: Answers.
        scope: Condition on `organization_slug` and `pipeline_slug`.
        since: The moment.
        window_days: Window of `metric_flaky_step_windows`: 7, 28 or 90.
    """
    rows = warehouse.ask(
        _FAILED, scope=scope, since=since.isoformat(), window_days=window_days
    ).in_utc()
    found = rows.rows.astype(object).to_dict("records")
    return [
        _build(list(of_build)) for _, of_build in groupby(found, key=lambda row: row["build_id"])
    ]


def _build(rows: list[dict[Any, Any]]) -> FailedBuild:
    (first, *_) = rows
    return FailedBuild(
        build_id=first["build_id"],
        organization=first["organization_slug"],
        pipeline=first["pipeline_slug"],
        number=int(first["build_number"]),
        branch=None if absent(first["branch"]) else first["branch"],
        settled_at=first["settled_at"].to_pydatetime(),
        is_followed=bool(first["is_followed"]),
        attempts_by_hand=int(first["attempts_by_hand"]),
        deploys=bool(first["deploys"]),
        failures=tuple(_failures(rows)),
    )


def _failures(rows: list[dict[Any, Any]]) -> Iterator[Failure]:
    for row in rows:
        if absent(row["result"]):
            continue
        index, rate, low = (row[n] for n in ("parallel_group_index", "flaky_rate", "flaky_low"))
        yield Failure(
            type=row["type"],
            result=row["result"],
            step=row["step"],
            parallel_group_index=None if absent(index) else int(index),
            commits=0 if absent(row["commits"]) else int(row["commits"]),
            flaky_commits=0 if absent(row["flaky_commits"]) else int(row["flaky_commits"]),
            flaky_rate=None if absent(rate) else float(rate),
            flaky_low=None if absent(low) else float(low),
        )


def acted_on(warehouse: Warehouse) -> set[str]:
    """Return the ids of builds that an action has retried or rebuilt, or could not.

    Retries of ours whose fate is not known are none of them: whoever asks again has them looked up.
    """
    rows = warehouse.ask(_ACTED_ON).rows
    return set() if rows.empty else set(rows["build_id"])


def loaded(warehouse: Warehouse) -> Loaded:
    """Return what is loaded.

    Raises:
        BuildkiteError: Nothing is, or the views are not made; the text says what to do.
    """
    answer = warehouse.ask(_LOADED).in_utc()
    if answer.rows.empty:
        raise BuildkiteError(
            "The dataset has no builds or no metric views: run without a command first, or make "
            "the views with the command: views."
        )
    known = Loaded()
    for organization, pipeline, as_of in answer.rows.values.tolist():
        known.organizations[organization] = as_of.to_pydatetime()
        known.pipelines.add(pipeline)
    return known
