"""What the warehouse holds and what it still lacks: builds and test runs without details.

Nothing is queued anywhere: what is missing follows from the tables of builds and jobs and from
what was fetched for them. So nothing is lost when a run dies, and nothing is asked for twice.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from buildkite_source.client import BuildkiteError
from buildkite_source.states import MOVING_SQL
from buildkite_source.tables import (
    BUILDS,
    FETCHED_DETAILS,
    FROM_API,
    FROM_EXPORT,
    JOBS,
    PIPELINES,
    TEST_RUNS,
)
from buildkite_source.warehouse.stored import (
    dialect_of_load,
    has_column,
    is_empty,
    rows_among,
    rows_of,
    stored_tables,
)
from buildkite_source.windows import to_api, to_sql

COLUMNS = (
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
       coalesce(b.blocked, false) AS blocked, coalesce(a.attempts, 0) AS attempts,
       {fetched_for} AS fetched_for
FROM builds AS b
LEFT JOIN pipelines AS p ON p.id = b.pipeline_id
LEFT JOIN (SELECT build_id, count(*) AS attempts FROM jobs GROUP BY build_id) AS a
  ON a.build_id = b.id
{fetched}
"""
_FINGERPRINT = """b.state || ' ' || coalesce({ended}, '-') || ' '
  || CAST(coalesce(a.attempts, 0) AS TEXT) || CASE WHEN b.blocked THEN ' blocked' ELSE '' END"""
# The end of a build as `to_api` writes it. Where it cannot be said in SQL, all builds are compared
# here; the last word is ours in any case.
_ENDED = {
    "duckdb": "strftime(b.finished_at, '%Y-%m-%dT%H:%M:%SZ')",
    "postgres": """to_char(b.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
}
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
_RUNS = """
SELECT r.id AS run_id, r.organization_id, r.organization_slug, r.suite_id, r.suite_slug,
       r.build_id, r.state, r.result, r.created_at, {fetched_for} AS fetched_for
FROM test_runs AS r
{fetched}
WHERE r.result = 'failed'
"""


# Slugs by `organization_slug` and `pipeline_slug`, ids by `build_id`; none where all are wanted.
Wanted = Mapping[str, Collection[str]]


class NothingLoadedError(BuildkiteError):
    """Details were asked for before the builds they belong to."""


def loaded_until() -> datetime | None:
    """Return the API's time of the newest version of a build, if any is loaded."""
    if BUILDS.name not in stored_tables():
        return None
    ((newest,),) = rows_of("SELECT max(fetched_at) AS newest_at FROM builds")
    return cast(datetime | None, newest)


def missing_details(kind: str, since: datetime, scope: Wanted) -> list[Any]:
    """Return builds at rest whose details of `kind` are missing, or of another fingerprint.

    Failed builds come first, then the newest days, within a day those of the default branch.

    Args:
        kind: Such as `annotations`.
        since: Builds created earlier are left alone.
        scope: What is wanted.
    """
    tables_there()
    fetched = _fetched(kind, "b.id")
    sql = f"{_BUILDS.format(**fetched)} WHERE b.created_at >= '{to_sql(since)}' "
    sql += f"AND b.state NOT IN {MOVING_SQL}{not_exported('b')}"
    if fetched["fetched"] and (ended := _ENDED.get(dialect_of_load())):
        fingerprint = _FINGERPRINT.format(ended=ended)
        sql += f" AND (f.fetched_for IS NULL OR f.fetched_for <> {fingerprint})"
    builds = []
    for *row, fetched_for in rows_wanted(sql, "b.id", scope):
        build = dict(zip((*COLUMNS, "blocked", "attempts"), row, strict=True))
        build["picture"] = _fingerprint(build)
        if build["picture"] != fetched_for and within(build, scope):
            builds.append(build)
    return sorted(builds, key=urgency)


def missing_runs(kind: str, since: datetime, scope: Wanted) -> list[Any]:
    """Return runs of test suites that failed and whose details are missing, newest first.

    Args:
        kind: `failed_executions`.
        since: Runs created earlier are left alone.
        scope: As in `missing_details`; pipelines and builds do not count.
    """
    if TEST_RUNS.name not in stored_tables():
        raise NothingLoadedError(
            f"{kind} are asked for by the runs that are loaded, and {TEST_RUNS.name} is not. "
            "Load it first, for instance with the group test-engine."
        )
    sql = _RUNS.format(**_fetched(kind, "r.id"))
    sql += f"AND r.created_at >= '{to_sql(since)}' ORDER BY r.created_at DESC"
    runs = []
    for *row, fetched_for in rows_of(sql):
        run = dict(zip(_RUN_COLUMNS, row, strict=True))
        run["picture"] = f"{run['state']} {run['result']}"
        slugs = scope["organization_slug"]
        if run["picture"] != fetched_for and (not slugs or run["organization_slug"] in slugs):
            runs.append(run)
    return runs


def _fetched(kind: str, key: str) -> dict[str, str]:
    """Return what was fetched of a kind, joined to a key, and its column.

    What was fetched can be millions of rows: those that are as they were are left out in SQL.
    """
    nothing = {"fetched_for": "NULL", "fetched": ""}
    if FETCHED_DETAILS.name not in stored_tables():
        return nothing
    lost = is_lost(kind)
    if lost and not has_column(FETCHED_DETAILS.name, "found"):
        return nothing
    # Ids are the kind, a space and the id of the build or run.
    sql = f"SELECT substr(id, {len(kind) + 2}) AS fetched_id, picture AS fetched_for "
    sql += f"FROM fetched_details WHERE kind = '{kind}'{' AND found = 0' if lost else ''}"
    return {
        "fetched_for": "f.fetched_for",
        "fetched": f"LEFT JOIN ({sql}) AS f ON f.fetched_id = {key}",
    }


def not_exported(alias: str) -> str:
    """Return the condition that leaves out what exports brought: the API has forgotten it."""
    if not has_column(BUILDS.name if alias == "b" else JOBS.name, "loaded_from"):
        return ""
    return f" AND coalesce({alias}.loaded_from, '{FROM_API}') <> '{FROM_EXPORT}'"


def is_lost(table: str) -> bool:
    """Whether a table is gone or empty: what tells that its rows were fetched is wrong then."""
    return table not in stored_tables() or is_empty(table)


def _fingerprint(build: Mapping[str, Any]) -> str:
    ended = to_api(build["finished_at"]) if build["finished_at"] else "-"
    stands = " blocked" if build["blocked"] else ""
    return f"{build['state']} {ended} {build['attempts']}{stands}"


def urgency(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the key by which failed ones come first, then the newest days."""
    created: datetime = row["created_at"]
    failed = row["state"] in ("failed", "timed_out")
    return (
        not failed,
        -created.toordinal(),
        not row["on_default_branch"],
        -created.timestamp(),
        row.get("job_id") or row["build_id"],
    )


def rows_wanted(sql: str, build_id: str, scope: Wanted) -> list[tuple[Any, ...]]:
    """Return what a query finds, of the builds alone that are wanted, if only some are."""
    ids = scope.get("build_id")
    return rows_among(sql, build_id, sorted(ids)) if ids else rows_of(sql)


def within(row: Mapping[str, Any], scope: Wanted) -> bool:
    """Whether a row is of what is wanted."""
    return all(not wanted or row[name] in wanted for name, wanted in scope.items())


def tables_there() -> set[str]:
    """Return the tables that are loaded, which must include those that tell what is missing."""
    stored = stored_tables()
    missing = [table.name for table in (PIPELINES, BUILDS, JOBS) if table.name not in stored]
    if missing:
        raise NothingLoadedError(
            "Annotations, artifacts and logs are asked for by the builds and jobs that are "
            f"loaded, and these tables are not: {', '.join(missing)}. Load them first."
        )
    return stored
