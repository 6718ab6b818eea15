"""What the warehouse holds and what it still lacks: builds without details, jobs without log.

Nothing is queued anywhere: what is missing follows from the tables of builds and jobs and from
what was fetched for them. So nothing is lost when a run dies, and nothing is asked for twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import dlt

from buildkite_source.client import BuildkiteError
from buildkite_source.states import MOVING_SQL
from buildkite_source.tables import (
    BUILDS,
    FETCHED_DETAILS,
    JOB_ENV,
    JOB_LOG_LINES,
    JOB_LOGS,
    JOBS,
    PIPELINES,
    TEST_RUNS,
)
from buildkite_source.warehouse.stored import has_column, is_empty, rows_of, stored_tables
from buildkite_source.windows import to_api, to_sql

_COLUMNS = (
    "build_id",
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
    "build_number",
    "state",
    "finished_at",
    "created_at",
    "on_default_branch",
)
_BUILDS = """
SELECT b.id AS build_id, b.organization_id, b.organization_slug, b.pipeline_id,
       coalesce(p.slug, b.pipeline_slug) AS pipeline_slug, b.number AS build_number,
       b.state, b.finished_at, b.created_at,
       coalesce(p.default_branch = b.branch, false) AS on_default_branch,
       coalesce(b.blocked, false) AS blocked, coalesce(a.attempts, 0) AS attempts
FROM builds AS b
LEFT JOIN pipelines AS p ON p.id = b.pipeline_id
LEFT JOIN (SELECT build_id, count(*) AS attempts FROM jobs GROUP BY build_id) AS a
  ON a.build_id = b.id
"""
_RUN_COLUMNS = (
    "run_id",
    "organization_id",
    "organization_slug",
    "suite_id",
    "suite_slug",
    "build_id",
    "state",
    "result",
    "created_at",
)
_RUNS = f"SELECT id AS {', '.join(_RUN_COLUMNS)} FROM test_runs WHERE result = 'failed'"  # noqa: S608
# The states of jobs that fail a build (https://buildkite.com/docs/pipelines/configure/defining-steps).
_FAILED = "jobs.state IN ('failed', 'timed_out') AND NOT coalesce(jobs.soft_failed, false)"
LOGS_WHERE = {"failed": _FAILED, "all": "true"}
_JOBS = """
SELECT jobs.build_id, jobs.organization_id, jobs.organization_slug, jobs.pipeline_id,
       coalesce(p.slug, jobs.pipeline_slug) AS pipeline_slug, jobs.build_number,
       jobs.state, jobs.finished_at, jobs.created_at,
       coalesce(p.default_branch = b.branch, false) AS on_default_branch,
       jobs.id AS job_id
FROM jobs
LEFT JOIN builds AS b ON b.id = jobs.build_id
LEFT JOIN pipelines AS p ON p.id = jobs.pipeline_id
"""


class NothingLoadedError(BuildkiteError):
    """Details were asked for before the builds they belong to."""


@dataclass(slots=True)
class Allowance:
    """What one load may spend on details.

    Attributes:
        requests: Returns how many were sent so far, by whatever way.
        stopped: Returns whether the run was asked to stop.
        max_requests: Requests, or None for any number.
        max_bytes: Bytes of logs, or None.
        spent_bytes: Bytes of logs so far.
    """

    requests: Callable[[], int]
    stopped: Callable[[], bool]
    max_requests: int | None = None
    max_bytes: int | None = None
    spent_bytes: int = 0
    _before: int | None = field(default=None)

    def begin(self) -> None:
        """Count from now on; what a run spent on lists before does not count."""
        if self._before is None:
            self._before = self.requests()

    def left_bytes(self) -> int | None:
        """Return the bytes of logs that may still be fetched, or None for any number."""
        return None if self.max_bytes is None else max(0, self.max_bytes - self.spent_bytes)

    def left_requests(self) -> int | None:
        """Return the requests that may still be sent, or None for any number."""
        if self.max_requests is None:
            return None
        return max(0, self.max_requests - (self.requests() - (self._before or 0)))

    def refuses(self) -> str:
        """Return the name of the bound that is reached, or ""."""
        if self.stopped():
            return "stopped"
        if self.left_requests() == 0:
            return "max_requests"
        if self.max_bytes is not None and self.spent_bytes >= self.max_bytes:
            return "max_bytes"
        return ""


def loaded_until() -> datetime | None:
    """Return the API's time of the newest picture of a build, if any is loaded."""
    if BUILDS.name not in stored_tables():
        return None
    ((newest,),) = rows_of("SELECT max(fetched_at) AS newest_at FROM builds")
    return cast(datetime | None, newest)


def missing_details(kind: str, since: datetime, scope: Mapping[str, list[str]]) -> list[Any]:
    """Return builds at rest whose details of `kind` are missing, or of another fingerprint.

    Failed builds come first, then the newest days, within a day those of the default branch.

    Args:
        kind: Such as `annotations`.
        since: Builds created earlier are left alone.
        scope: Slugs by `organization_slug` and `pipeline_slug`; empty lists take all.
    """
    _stored()
    sql = f"{_BUILDS} WHERE b.created_at >= '{to_sql(since)}' "
    sql += f"AND b.state NOT IN {MOVING_SQL}"
    fingerprints = _fingerprints(kind)
    builds = []
    for row in rows_of(sql):
        build = dict(zip((*_COLUMNS, "blocked", "attempts"), row, strict=True))
        build["picture"] = _fingerprint(build)
        new = build["picture"] != fingerprints.get(f"{kind} {build['build_id']}")
        if new and _within(build, scope):
            builds.append(build)
    return sorted(builds, key=_urgency)


def missing_runs(kind: str, since: datetime, scope: Mapping[str, list[str]]) -> list[Any]:
    """Return runs of test suites that failed and whose details are missing, newest first.

    Args:
        kind: `failed_executions`.
        since: Runs created earlier are left alone.
        scope: As in `missing_details`; pipelines do not count.
    """
    if TEST_RUNS.name not in stored_tables():
        raise NothingLoadedError(
            f"{kind} are asked for by the runs that are loaded, and {TEST_RUNS.name} is not. "
            "Load it first, for instance with the group test-engine."
        )
    fingerprints = _fingerprints(kind)
    runs = []
    for row in rows_of(f"{_RUNS} AND created_at >= '{to_sql(since)}' ORDER BY created_at DESC"):
        run = dict(zip(_RUN_COLUMNS, row, strict=True))
        run["picture"] = f"{run['state']} {run['result']}"
        slugs = scope["organization_slug"]
        new = run["picture"] != fingerprints.get(f"{kind} {run['run_id']}")
        if new and (not slugs or run["organization_slug"] in slugs):
            runs.append(run)
    return runs


def missing_logs(where: str, since: datetime, scope: Mapping[str, list[str]]) -> list[Any]:
    """Return script attempts that ran and whose log is missing, or may have grown.

    Args:
        where: SQL condition on `jobs`, in the destination's dialect.
        since: Jobs created earlier are left alone.
        scope: As in `missing_details`.
    """
    jobs, stored = _jobs(where, since, scope), _stored()
    known: dict[str, tuple[bool, int | None]] = {}
    if JOB_LOGS.name in stored:
        query = "SELECT job_id, settled, size FROM job_logs"
        selected = dlt.current.source().resources.selected
        if JOB_LOG_LINES.name in selected and _is_lost(JOB_LOG_LINES.name):
            query += " WHERE lines = 0"
        known = {job_id: (settled, size) for job_id, settled, size in rows_of(query)}
    missing = []
    for job in jobs:
        settled, job["size"] = known.get(job["job_id"], (False, None))
        if not settled:
            missing.append(job)
    return missing


def missing_environments(
    where: str, allowed: str, since: datetime, scope: Mapping[str, list[str]]
) -> list[Any]:
    """Return script attempts that ran and whose environment is missing.

    Args:
        where: As in `missing_logs`.
        allowed: Names that may be kept; environments fetched under other ones are missing.
        since: As in `missing_logs`.
        scope: As in `missing_details`.
    """
    jobs, stored = _jobs(where, since, scope), _stored()
    known: dict[str, str] = {}
    if JOB_ENV.name in stored:
        known = dict(rows_of("SELECT job_id, allowed FROM job_env"))
    return [job for job in jobs if known.get(job["job_id"]) != allowed]


def _jobs(where: str, since: datetime, scope: Mapping[str, list[str]]) -> list[Any]:
    _stored()
    sql = f"{_JOBS} WHERE jobs.type = 'script' AND jobs.started_at IS NOT NULL "
    sql += f"AND jobs.created_at >= '{to_sql(since)}' AND ({where})"
    jobs = [dict(zip((*_COLUMNS, "job_id"), row, strict=True)) for row in rows_of(sql)]
    return sorted((job for job in jobs if _within(job, scope)), key=_urgency)


def _fingerprints(kind: str) -> dict[str, str]:
    """Return for which fingerprint details were fetched, by the ids in `fetched_details`."""
    if FETCHED_DETAILS.name not in stored_tables():
        return {}
    query = f"SELECT id, picture FROM fetched_details WHERE kind = '{kind}'"  # noqa: S608
    if _is_lost(kind):
        if not has_column(FETCHED_DETAILS.name, "found"):
            return {}
        query += " AND found = 0"
    return dict(rows_of(query))


def _is_lost(table: str) -> bool:
    """Whether a table is gone or empty: what tells that its rows were fetched is wrong then."""
    return table not in stored_tables() or is_empty(table)


def _fingerprint(build: Mapping[str, Any]) -> str:
    ended = to_api(build["finished_at"]) if build["finished_at"] else "-"
    stands = " blocked" if build["blocked"] else ""
    return f"{build['state']} {ended} {build['attempts']}{stands}"


def _urgency(row: Mapping[str, Any]) -> tuple[Any, ...]:
    created: datetime = row["created_at"]
    failed = row["state"] in ("failed", "timed_out")
    return (
        not failed,
        -created.toordinal(),
        not row["on_default_branch"],
        -created.timestamp(),
        row.get("job_id") or row["build_id"],
    )


def _within(row: Mapping[str, Any], scope: Mapping[str, list[str]]) -> bool:
    return all(not slugs or row[name] in slugs for name, slugs in scope.items())


def _stored() -> set[str]:
    """Return the tables that are loaded, which must include those that tell what is missing."""
    stored = stored_tables()
    missing = [table.name for table in (PIPELINES, BUILDS, JOBS) if table.name not in stored]
    if missing:
        raise NothingLoadedError(
            "Annotations, artifacts and logs are asked for by the builds and jobs that are "
            f"loaded, and these tables are not: {', '.join(missing)}. Load them first."
        )
    return stored
