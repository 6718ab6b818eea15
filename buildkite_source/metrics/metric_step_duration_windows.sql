-- How long the attempts of each step ran and waited in the last days against the days before.
--
-- Of script attempts that passed or failed. Dependency wait = runnable_at - the build's
-- started_at. A percentile is NULL when fewer attempts than it needs are there: 5 for p50, 20
-- for p95.
--
-- Grain: step, window
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, step, window_days
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   n: Attempts in the window.
--   run_p50_seconds: Median run.
--   run_p95_seconds: 95th percentile of the run.
--   queue_wait_p50_seconds: Median wait for an agent.
--   dependency_wait_p50_seconds: Median wait for earlier steps.
--   previous_n: Attempts in the previous window.
--   previous_run_p50_seconds: Median run in the previous window.
WITH placed AS (
  SELECT
    a.organization_id,
    a.organization_slug,
    a.pipeline_id,
    a.pipeline_slug,
    a.step,
    w.window_days,
    CASE WHEN a.settled_at >= w.window_from THEN a.run_seconds END AS run,
    CASE WHEN a.settled_at >= w.window_from THEN a.queue_wait_seconds END AS waited,
    CASE WHEN a.settled_at >= w.window_from THEN a.dependency_wait_seconds END AS depended,
    CASE WHEN a.settled_at < w.window_from THEN a.run_seconds END AS previous_run
  FROM metric_attempts AS a
  JOIN metric_windows AS w
    ON w.organization_id = a.organization_id
    AND a.settled_at >= w.previous_from AND a.settled_at < w.window_to
  WHERE a.type = 'script' AND (a.is_failure OR a.result IN ('passed', 'soft_failed'))
)
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  step,
  window_days,
  count(run) AS n,
  percentile(run, 0.5, 5) AS run_p50_seconds,
  percentile(run, 0.95, 20) AS run_p95_seconds,
  percentile(waited, 0.5, 5) AS queue_wait_p50_seconds,
  percentile(depended, 0.5, 5) AS dependency_wait_p50_seconds,
  count(previous_run) AS previous_n,
  percentile(previous_run, 0.5, 5) AS previous_run_p50_seconds
FROM placed
GROUP BY 1, 2, 3, 4, 5, 6
