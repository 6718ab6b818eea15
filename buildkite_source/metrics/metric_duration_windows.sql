-- How long builds took in the last days against the days before.
--
-- Of settled builds that passed or failed: run = finished_at - started_at, total = finished_at -
-- created_at less the time spent blocked. The duration of a build that stands blocked ends with the
-- last attempt before the block. A percentile is NULL when fewer builds than it needs
-- are there: 5 for p50, 10 for p90, 20 for p95.
--
-- Grain: pipeline, branch class, window
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, window_days
-- Columns:
--   n: Builds in the window that started and finished.
--   standing_n: Builds of n that stand blocked.
--   run_p50_seconds: Median run.
--   run_p90_seconds: 90th percentile of the run.
--   run_p95_seconds: 95th percentile of the run.
--   total_p50_seconds: Median of what the developer waits.
--   total_p95_seconds: 95th percentile of it.
--   blocked_n: Builds that somebody had to unblock.
--   blocked_p50_seconds: Median time they stood blocked.
--   failing_n: Builds with a first failure.
--   first_failure_p50_seconds: Median time to the first failure.
--   previous_n: n of the previous window.
--   previous_run_p50_seconds: Median run in the previous window.
--   previous_run_p95_seconds: 95th percentile of the run in the previous window.
--   previous_total_p50_seconds: Median of what the developer waited in the previous window.
WITH placed AS (
  SELECT b.*, w.window_days, b.settled_at >= w.window_from AS is_current
  FROM metric_builds AS b
  JOIN metric_windows AS w
    ON w.organization_id = b.organization_id
    AND b.settled_at >= w.previous_from AND b.settled_at < w.window_to
  WHERE b.state IN ('passed', 'failed') AND b.run_seconds IS NOT NULL
), parted AS (
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    branch_class,
    window_days,
    CASE WHEN is_current THEN run_seconds END AS run,
    is_current AND is_blocked AS stands,
    CASE WHEN is_current THEN total_seconds - blocked_seconds END AS total,
    CASE WHEN is_current AND blocked_seconds > 0 THEN blocked_seconds END AS blocked,
    CASE WHEN is_current THEN first_failure_seconds END AS failing,
    CASE WHEN NOT is_current THEN run_seconds END AS previous_run,
    CASE WHEN NOT is_current THEN total_seconds - blocked_seconds END AS previous_total
  FROM placed
)
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  window_days,
  count(run) AS n,
  count(*) FILTER (WHERE stands) AS standing_n,
  percentile(run, 0.5, 5) AS run_p50_seconds,
  percentile(run, 0.9, 10) AS run_p90_seconds,
  percentile(run, 0.95, 20) AS run_p95_seconds,
  percentile(total, 0.5, 5) AS total_p50_seconds,
  percentile(total, 0.95, 20) AS total_p95_seconds,
  count(blocked) AS blocked_n,
  percentile(blocked, 0.5, 5) AS blocked_p50_seconds,
  count(failing) AS failing_n,
  percentile(failing, 0.5, 5) AS first_failure_p50_seconds,
  count(previous_run) AS previous_n,
  percentile(previous_run, 0.5, 5) AS previous_run_p50_seconds,
  percentile(previous_run, 0.95, 20) AS previous_run_p95_seconds,
  percentile(previous_total, 0.5, 5) AS previous_total_p50_seconds
FROM parted
GROUP BY 1, 2, 3, 4, 5, 6
