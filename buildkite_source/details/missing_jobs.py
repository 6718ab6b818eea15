"""Jobs that ran and whose log or environment is missing; see `missing`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dlt

from buildkite_source.tables import JOB_ENV, JOB_LOG_LINES, JOB_LOGS
from buildkite_source.windows import to_sql

from .missing import (
    COLUMNS,
    Wanted,
    is_lost,
    not_exported,
    rows_wanted,
    tables_there,
    urgency,
    within,
)

# The states of jobs that fail a build (https://buildkite.com/docs/pipelines/configure/defining-steps).
_FAILED = "jobs.state IN ('failed', 'timed_out') AND NOT coalesce(jobs.soft_failed, false)"
LOGS_WHERE = {"failed": _FAILED, "all": "true"}
_JOBS = """
SELECT jobs.build_id, jobs.organization_id, jobs.organization_slug, jobs.pipeline_id,
       coalesce(p.slug, jobs.pipeline_slug) AS pipeline_slug, jobs.build_number,
       jobs.state, jobs.finished_at, jobs.created_at,
       coalesce(p.default_branch = b.branch, false) AS on_default_branch,
       jobs.id AS job_id, {size} AS size
FROM jobs
LEFT JOIN builds AS b ON b.id = jobs.build_id
LEFT JOIN pipelines AS p ON p.id = jobs.pipeline_id
{sizes}
WHERE jobs.id IN (
  SELECT id FROM jobs
  WHERE jobs.type = 'script' AND jobs.started_at IS NOT NULL
    AND jobs.created_at >= '{since}' AND ({where})
  {fetched}
)
"""
_SIZES = """
LEFT JOIN (SELECT job_id, size FROM job_logs WHERE NOT settled{lines}) AS l ON l.job_id = jobs.id
"""


def missing_logs(where: str, archived: bool, since: datetime, scope: Wanted) -> list[Any]:
    """Return script attempts that ran and whose log is missing, or may have grown.

    Args:
        where: SQL condition on `jobs`, in the destination's dialect.
        archived: Logs are looked for in an archive, which may have those of builds that the API
            has forgotten.
        since: Jobs created earlier are left alone.
        scope: As in `missing_details`.
    """
    stored = tables_there()
    if not archived:
        where = f"({where}){not_exported('jobs')}"
    if JOB_LOGS.name not in stored:
        return _jobs(where, since, scope)
    selected = dlt.current.source().resources.selected
    # Of lines that are gone, only logs that had none are known.
    lines = ""
    if JOB_LOG_LINES.name in selected and is_lost(JOB_LOG_LINES.name):
        lines = " AND lines = 0"
    sizes = {"size": "l.size", "sizes": _SIZES.format(lines=lines)}
    return _jobs(where, since, scope, f"job_logs WHERE settled{lines}", sizes)


def missing_environments(where: str, allowed: str, since: datetime, scope: Wanted) -> list[Any]:
    """Return script attempts that ran and whose environment is missing.

    Args:
        where: As in `missing_logs`.
        allowed: Names that may be kept; environments fetched under other ones are missing.
        since: As in `missing_logs`.
        scope: As in `missing_details`.
    """
    stored = tables_there()
    where = f"({where}){not_exported('jobs')}"
    if JOB_ENV.name not in stored:
        return _jobs(where, since, scope)
    quoted = allowed.replace("'", "''")
    return _jobs(where, since, scope, f"job_env WHERE allowed = '{quoted}'")


def _jobs(
    where: str,
    since: datetime,
    scope: Wanted,
    fetched: str = "",
    sizes: Mapping[str, str] | None = None,
) -> list[Any]:
    """Return jobs that ran and for which nothing was fetched, most urgent first.

    Args:
        where: SQL condition on `jobs`.
        since: Jobs created earlier are left alone.
        scope: As in `missing_details`.
        fetched: Table and condition of what was fetched, by `job_id`; "" for nothing.
        sizes: Bytes of what was fetched and is to be fetched again: a column, and what to join.
    """
    tables_there()
    parts = {"where": where, "since": to_sql(since), **(sizes or {"size": "NULL", "sizes": ""})}
    # Of two sets of ids databases need much less memory for the difference than for a join.
    but = f"EXCEPT SELECT job_id FROM {fetched}" if fetched else ""  # noqa: S608
    sql = _JOBS.format(fetched=but, **parts)
    names = (*COLUMNS, "job_id", "size")
    found = rows_wanted(sql, "jobs.build_id", scope)
    jobs = [dict(zip(names, row, strict=True)) for row in found]
    return sorted((job for job in jobs if within(job, scope)), key=urgency)
