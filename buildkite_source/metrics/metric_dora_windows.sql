-- DORA's four figures of the last days against the days before.
--
-- Deployment frequency = deployments that passed / window_days. Change failure rate = failed /
-- (passed + failed) deployments, with the Wilson interval at 95 %. Lead and recovery time are
-- medians. A build that stands at a block step is no deployment yet.
--
-- Grain: pipeline that deploys, window
-- Key: pipeline_id, window_days
-- Columns:
--   deployments: Deployments that passed in the window.
--   failed_deployments: Deployments that failed.
--   standing: Builds of the default branch that stand blocked, settled in the window.
--   deployments_a_day: deployments / window_days.
--   median_lead_seconds: From the commit's first build to its deployment.
--   change_failure_rate: failed_deployments / all.
--   change_failure_low: Lower bound of it.
--   change_failure_high: Upper bound of it.
--   recoveries: Failures of the window that were recovered from.
--   median_recovery_seconds: Median of how long that took.
--   previous_deployments: Deployments that passed in the previous window.
--   previous_failed_deployments: Deployments that failed in the previous window.
--   previous_median_lead_seconds: Median lead time in the previous window.
--   previous_median_recovery_seconds: Median recovery in the previous window.
WITH placed AS (
  SELECT d.*, w.window_days, d.finished_at >= w.window_from AS is_current
  FROM metric_deployments AS d
  JOIN metric_windows AS w
    ON w.organization_id = d.organization_id
    AND d.finished_at >= w.previous_from AND d.finished_at < w.window_to
), counted AS (
  SELECT
    pipeline_id,
    window_days,
    count(*) FILTER (WHERE is_current AND NOT is_failure) AS passed,
    count(*) FILTER (WHERE is_current AND is_failure) AS failed,
    count(*) FILTER (WHERE is_current) AS n,
    quantile_cont(CASE WHEN is_current THEN lead_seconds END, 0.5) AS lead,
    count(CASE WHEN is_current THEN recovery_seconds END) AS recoveries,
    quantile_cont(CASE WHEN is_current THEN recovery_seconds END, 0.5) AS recovery,
    count(*) FILTER (WHERE NOT is_current AND NOT is_failure) AS previous_passed,
    count(*) FILTER (WHERE NOT is_current AND is_failure) AS previous_failed,
    quantile_cont(CASE WHEN NOT is_current THEN lead_seconds END, 0.5) AS previous_lead,
    quantile_cont(CASE WHEN NOT is_current THEN recovery_seconds END, 0.5) AS previous_recovery
  FROM placed
  GROUP BY 1, 2
), standing AS (
  SELECT b.pipeline_id, w.window_days, count(*) AS builds
  FROM metric_build_classes AS b
  JOIN metric_windows AS w
    ON w.organization_id = b.organization_id
    AND b.settled_at >= w.window_from AND b.settled_at < w.window_to
  WHERE b.branch_class = 'default branch' AND b.is_blocked AND b.is_settled
    AND b.state IN ('passed', 'failed')
  GROUP BY 1, 2
)
SELECT
  d.organization_id,
  d.organization_slug,
  d.pipeline_id,
  d.pipeline_slug,
  w.window_days,
  coalesce(c.passed, 0) AS deployments,
  coalesce(c.failed, 0) AS failed_deployments,
  coalesce(s.builds, 0) AS standing,
  coalesce(c.passed, 0) / w.window_days AS deployments_a_day,
  c.lead AS median_lead_seconds,
  share(c.failed, c.n) AS change_failure_rate,
  wilson_low(c.failed, c.n) AS change_failure_low,
  wilson_high(c.failed, c.n) AS change_failure_high,
  coalesce(c.recoveries, 0) AS recoveries,
  c.recovery AS median_recovery_seconds,
  coalesce(c.previous_passed, 0) AS previous_deployments,
  coalesce(c.previous_failed, 0) AS previous_failed_deployments,
  c.previous_lead AS previous_median_lead_seconds,
  c.previous_recovery AS previous_median_recovery_seconds
FROM metric_deploying_pipelines AS d
JOIN metric_windows AS w ON w.organization_id = d.organization_id
LEFT JOIN counted AS c ON c.pipeline_id = d.pipeline_id AND c.window_days = w.window_days
LEFT JOIN standing AS s ON s.pipeline_id = d.pipeline_id AND s.window_days = w.window_days
