-- Builds with classes, durations and how clean they were: the rows behind every rate of builds.
--
-- Success rate of any span, zone and group: passed / (passed + failed), that is
-- count(*) FILTER (WHERE is_settled AND state = 'passed') over the same with 'failed' added, by
-- settled_at. Clean: a settled passed build without any failed attempt; an attempt that failed
-- softly is none, as nobody retries it. Build duration is finished_at - started_at; what the
-- developer waits is created_at to finished_at, blocked time apart. A retry moves started_at, so
-- the time to the first failure is NULL when started_at came to lie after it. What stands blocked
-- has its finished_at, and its durations, from the last attempt that ended before the block.
--
-- Grain: build
-- Key: build_id
-- Materialized: by build_id
-- Columns:
--   attempts: Attempts of script and trigger jobs.
--   failed_attempts: Attempts that failed, timed out or expired, and not softly.
--   soft_failed_attempts: Attempts that failed in a way the step allows.
--   is_clean: Settled, passed, and without any failed attempt.
--   run_seconds: finished_at - started_at of a settled build.
--   total_seconds: finished_at - created_at of a settled build, blocked time included.
--   blocked_seconds: Part of it in which nothing happened but waiting to be unblocked.
--   first_failure_seconds: failing_at - started_at.
WITH tried AS (
  SELECT
    build_id,
    count(*) AS attempts,
    count(*) FILTER (WHERE fails(state, soft_failed)) AS failed_attempts,
    count(*) FILTER (WHERE fails_softly(state, soft_failed)) AS soft_failed_attempts
  FROM jobs
  WHERE type IN ('script', 'trigger')
  GROUP BY 1
), stood AS (
  SELECT build_id, sum(blocked_seconds) AS blocked_seconds FROM metric_blocks GROUP BY 1
)
SELECT
  b.build_id,
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  b.build_number,
  b.branch,
  b.branch_class,
  b.commit,
  b.source,
  b.creator_id,
  b.creator_name,
  b.message,
  b.state,
  b.is_blocked,
  b.is_settled,
  b.settled_at,
  b.created_at,
  b.started_at,
  b.failing_at,
  b.finished_at,
  coalesce(t.attempts, 0) AS attempts,
  coalesce(t.failed_attempts, 0) AS failed_attempts,
  coalesce(t.soft_failed_attempts, 0) AS soft_failed_attempts,
  b.is_settled AND b.state = 'passed' AND coalesce(t.failed_attempts, 0) = 0 AS is_clean,
  CASE WHEN b.is_settled THEN seconds_between(b.started_at, b.finished_at) END AS run_seconds,
  CASE WHEN b.is_settled THEN seconds_between(b.created_at, b.finished_at) END AS total_seconds,
  coalesce(s.blocked_seconds, 0) AS blocked_seconds,
  CASE WHEN b.failing_at >= b.started_at THEN seconds_between(b.started_at, b.failing_at) END
    AS first_failure_seconds,
  b.rebuilt_from_id,
  b.web_url
FROM metric_build_classes AS b
LEFT JOIN tried AS t ON t.build_id = b.build_id
LEFT JOIN stood AS s ON s.build_id = b.build_id
