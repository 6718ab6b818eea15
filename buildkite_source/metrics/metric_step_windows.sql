-- Reliability and retries of each step in the last days against the days before.
--
-- reliability = passed / (passed + soft_failed + hard_failed), with the Wilson interval at 95 %:
-- rank the least reliable by reliability_high. A retry that passes hides the failure before it:
-- first_pass_rate = first attempts that passed / those that passed or failed, softly or not.
-- retry_rate = retried / attempts.
--
-- Grain: step, window
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, step,
--   parallel_group_index?, window_days
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   attempts: Settled attempts in the window.
--   soft_failed: Failed in a way the step allows.
--   hard_failed: Failed, timed out or expired as the last of its chain.
--   n: passed + soft_failed + hard_failed.
--   reliability: passed / n.
--   reliability_low: Lower bound of reliability.
--   reliability_high: Upper bound of reliability.
--   first_n: First attempts that passed or failed.
--   first_pass_rate: Passed ones of first_n / first_n.
--   retried: Attempts that a later one replaced.
--   retry_rate: retried / attempts.
--   previous_n: n of the previous window.
--   previous_reliability: Reliability in the previous window.
--   previous_first_n: first_n of the previous window.
--   previous_first_pass_rate: First-attempt pass rate in the previous window.
--   previous_retry_rate: Retry rate in the previous window.
WITH placed AS (
  SELECT
    a.*,
    w.window_days,
    a.settled_at >= w.window_from AS is_current,
    a.logical_job_id = a.job_id AND (a.result IN ('passed', 'soft_failed') OR a.is_failure)
      AS is_first
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
    count(*) FILTER (WHERE is_current AND is_first) AS first_n,
    count(*) FILTER (WHERE is_current AND is_first AND result = 'passed') AS first_passed,
    count(*) FILTER (WHERE is_current AND retried) AS retried,
    count(*) FILTER (
      WHERE NOT is_current AND (result IN ('passed', 'soft_failed') OR is_hard_failure)
    ) AS previous_n,
    count(*) FILTER (WHERE NOT is_current AND result = 'passed') AS previous_passed,
    count(*) FILTER (WHERE NOT is_current AND is_first) AS previous_first_n,
    count(*) FILTER (WHERE NOT is_current AND is_first AND result = 'passed')
      AS previous_first_passed,
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
  first_n,
  share(first_passed, first_n) AS first_pass_rate,
  retried,
  share(retried, attempts) AS retry_rate,
  previous_n,
  share(previous_passed, previous_n) AS previous_reliability,
  previous_first_n,
  share(previous_first_passed, previous_first_n) AS previous_first_pass_rate,
  share(previous_retried, previous_attempts) AS previous_retry_rate
FROM counted
