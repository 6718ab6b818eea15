"""Rows for the metric views, made by DuckDB itself: pipelines, builds, attempts, log lines."""

import duckdb

from buildkite_source.tables import EVERY_TABLE, arrow_schema

DATASET = "ci"
# 200 pipelines of two organizations; the builds lie in 180 days.
_SPAN = 180 * 86400
_START = 1780000000

_PIPELINES = """
INSERT INTO ci.pipelines BY NAME
SELECT
  md5('pipeline-' || i) AS id,
  md5('organization-' || i % 2) AS organization_id,
  'organization-' || i % 2 AS organization_slug,
  'pipeline-' || i AS slug,
  'main' AS default_branch,
  CASE WHEN i % 20 = 0 THEN '["deploy"]' END AS tags
FROM range(200) AS numbers(i)
"""
# One build in three on the default branch; six builds share five commits; one in ten that passed
# stands blocked.
_BUILDS = f"""
INSERT INTO ci.builds BY NAME
SELECT
  md5('build-' || i) AS id,
  md5('organization-' || i % 2) AS organization_id,
  'organization-' || i % 2 AS organization_slug,
  md5('pipeline-' || i % 200) AS pipeline_id,
  'pipeline-' || i % 200 AS pipeline_slug,
  i // 200 + 1 AS number,
  CASE WHEN hash(i) % 100 < 80 THEN 'passed' WHEN hash(i) % 100 < 93 THEN 'failed'
       WHEN hash(i) % 100 < 98 THEN 'canceled' ELSE 'running' END AS state,
  state = 'passed' AND hash(i, 3) % 10 = 0 AS blocked,
  CASE WHEN hash(i, 1) % 3 = 0 THEN 'main' ELSE 'feature-' || i % 5000 END AS branch,
  CASE WHEN hash(i, 1) % 3 = 1 THEN '' || i % 5000 END AS pull_request_id,
  sha1(i % 200 || '-' || (i // 200 * 5 // 6)) AS commit,
  'webhook' AS source,
  md5('creator-' || i % 50) AS creator_id,
  'Creator ' || i % 50 AS creator_name,
  CASE WHEN hash(i, 2) % 20 = 0 AND i >= 200 THEN md5('build-' || (i - 200)) END AS rebuilt_from_id,
  to_timestamp({_START} + i * {_SPAN} // $builds) AS created_at,
  created_at + INTERVAL 5 SECOND AS started_at,
  CASE WHEN state = 'failed' THEN created_at + INTERVAL 300 SECOND END AS failing_at,
  CASE WHEN state <> 'running' THEN created_at + INTERVAL 1200 SECOND END AS finished_at,
  to_timestamp({_START + _SPAN + 3600}) AS fetched_at
FROM range($builds) AS numbers(i)
"""
# Of two neighbours the second is a retry of the first when that one failed; three at a time run
# beside each other, and the next three wait for them. One build in twenty waits to be unblocked.
_JOBS = """
INSERT INTO ci.jobs BY NAME
WITH numbered AS (
  SELECT
    b.*, j, j // 2 * 2 AS even, hash(b.id, even) % 100 < 10 AND even + 1 < $jobs AS fails,
    j = 6 AND hash(b.id) % 20 = 0 AND NOT fails AS manual
  FROM ci.builds AS b, range($jobs) AS numbers(j)
)
SELECT
  md5(id || '-' || j) AS id,
  organization_id, organization_slug, pipeline_id, pipeline_slug,
  id AS build_id,
  number AS build_number,
  CASE WHEN manual THEN 'manual' ELSE 'script' END AS type,
  CASE WHEN j % 3 > 0 THEN 'step-' || CASE WHEN fails THEN even ELSE j END END AS step_key,
  ':go: Step ' || CASE WHEN fails THEN even ELSE j END AS name,
  CASE WHEN manual THEN 'unblocked' WHEN fails AND (j = even OR hash(id, even, 1) % 3 = 0)
       THEN 'failed' ELSE 'passed' END AS state,
  false AS soft_failed,
  CASE WHEN state = 'failed' THEN hash(id, j) % 4 ELSE 0 END AS exit_status,
  fails AND j = even AS retried,
  CASE WHEN retried THEN md5(id || '-' || (j + 1)) END AS retried_in_job_id,
  CASE WHEN retried THEN 'automatic' END AS retry_type,
  CASE WHEN fails AND j > even THEN 'automatic' END AS retry_source_type,
  'queue-' || hash(id, j) % 8 AS queue,
  md5('cluster-' || hash(id, j) % 2) AS cluster_id,
  md5('agent-' || hash(id, j) % 500) AS agent_id,
  created_at AS created_at,
  started_at + to_seconds(j // 3 * 300) AS runnable_at,
  CASE WHEN NOT manual THEN runnable_at + to_seconds(hash(id, j, 2) % 90) END AS started_at,
  CASE WHEN NOT manual THEN started_at + to_seconds(30 + hash(id, j, 3) % 170) END AS finished_at,
  CASE WHEN manual THEN runnable_at + to_seconds(60) END AS unblocked_at,
  CASE WHEN hash(id, j) % 10 = 0 THEN hash(id, j) % 60000 END AS concurrency_wait_time_ms,
  fetched_at
FROM numbered
"""
_LOG_LINES = """
INSERT INTO ci.job_log_lines BY NAME
SELECT
  id AS job_id, build_id, n AS line_number, false AS is_header,
  CASE WHEN n = 18 THEN 'Error: expected ' || hash(id) % 1000 || ' to be "5" at line 7'
       ELSE 'step ' || n || ' of the build, nothing to see' END AS text
FROM (SELECT id, build_id FROM ci.jobs WHERE state = 'failed'), range($lines) AS numbers(n)
"""
_ANNOTATIONS = """
INSERT INTO ci.annotations BY NAME
SELECT 'annotation-' || id AS id, id AS build_id, 'error' AS style, 'tests' AS context,
  'Failed: test_' || hash(id) % 1000 AS body_text, created_at
FROM ci.builds WHERE state = 'failed'
"""
_SLICES = f"""
INSERT INTO ci.slices BY NAME
SELECT DISTINCT organization_id, organization_id AS list, 'new' AS pass,
  to_timestamp({_START}) AS read_from, to_timestamp({_START + _SPAN + 3600}) AS created_to
FROM ci.pipelines
"""


def make(connection: duckdb.DuckDBPyConnection, builds: int, jobs: int, lines: int = 20) -> None:
    """Fill a dataset `ci` with all tables.

    Args:
        connection: An empty database.
        builds: Number of builds.
        jobs: Attempts a build.
        lines: Log lines of each failed attempt.
    """
    connection.execute(f"CREATE SCHEMA {DATASET}")
    for table in EVERY_TABLE:
        empty = arrow_schema(table).empty_table()
        connection.register("empty", empty)
        connection.execute(f"CREATE TABLE {DATASET}.{table.name} AS FROM empty")
        connection.unregister("empty")
    connection.execute(_PIPELINES)
    connection.execute(_BUILDS, {"builds": builds})
    connection.execute(_JOBS, {"jobs": jobs})
    connection.execute(_LOG_LINES, {"lines": lines})
    connection.execute(_ANNOTATIONS)
    connection.execute(_SLICES)
