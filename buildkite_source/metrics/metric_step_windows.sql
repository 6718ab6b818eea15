-- Reliability and retries of each step in the last days against the days before.
--
-- reliability = passed / (passed + soft_failed + hard_failed), with the Wilson interval at 95 %:
-- rank the least reliable by reliability_high. retry_rate = retried / attempts.
--
-- Grain: step, window
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   attempts: Settled attempts in the window.
--   soft_failed: Failed in a way the step allows.
--   hard_failed: Failed, timed out or expired as the last of its chain.
--   n: passed + soft_failed + hard_failed.
--   reliability: passed / n.
--   reliability_low: Lower bound of reliability.
--   reliability_high: Upper bound of reliability.
--   retried: Attempts that a later one replaced.
--   retry_rate: retried / attempts.
--   previous_n: n of the previous window.
--   previous_reliability: Reliability in the previous window.
--   previous_retry_rate: Retry rate in the previous window.
WITH placed AS (
  SELECT a.*, w.window_days, a.settled_at >= w.window_from AS is_current
  FROM metric_attempts AS a
  JOIN metric_windows AS w
    ON w.organization_id = a.organization_id
    AND a.settled_at >= w.previous_from AND a.settled_at < w.window_to
), counted AS (
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    step,
    parallel_group_index,
    window_days,
    count(*) FILTER (WHERE is_current) AS attempts,
    count(*) FILTER (WHERE is_current AND result = 'passed') AS passed,
    count(*) FILTER (WHERE is_current AND result = 'soft_failed') AS soft_failed,
    count(*) FILTER (WHERE is_current AND is_hard_failure) AS hard_failed,
    count(*) FILTER (
      WHERE is_current AND (result IN ('passed', 'soft_failed') OR is_hard_failure)
    ) AS n,
    count(*) FILTER (WHERE is_current AND retried) AS retried,
    count(*) FILTER (
      WHERE NOT is_current AND (result IN ('passed', 'soft_failed') OR is_hard_failure)
    ) AS previous_n,
    count(*) FILTER (WHERE NOT is_current AND result = 'passed') AS previous_passed,
    count(*) FILTER (WHERE NOT is_current) AS previous_attempts,
    count(*) FILTER (WHERE NOT is_current AND retried) AS previous_retried
  FROM placed
  GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  step,
  parallel_group_index,
  window_days,
  attempts,
  passed,
  soft_failed,
  hard_failed,
  n,
  share(passed, n) AS reliability,
  wilson_low(passed, n) AS reliability_low,
  wilson_high(passed, n) AS reliability_high,
  retried,
  share(retried, attempts) AS retry_rate,
  previous_n,
  share(previous_passed, previous_n) AS previous_reliability,
  share(previous_retried, previous_attempts) AS previous_retry_rate
FROM counted
