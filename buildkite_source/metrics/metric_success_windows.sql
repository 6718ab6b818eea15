-- Success rates of the last days against the days before, with bounds to rank by.
--
-- success_rate = passed / (passed + failed), NULL when no build passed or failed. success_low and
-- success_high are the Wilson interval at 95 %: rank the worst by success_high, the best by
-- success_low, and 1 of 1 never tops a list.
--
-- Grain: pipeline, branch class, window
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, window_days
-- Columns:
--   builds: Settled builds in the window.
--   clean_passed: Passed without any failed attempt.
--   n: passed + failed.
--   standing_n: Builds of n that stand blocked.
--   success_rate: passed / n.
--   success_low: Lower bound of success_rate.
--   success_high: Upper bound of success_rate.
--   clean_success_rate: clean_passed / n.
--   canceled_share: canceled / builds.
--   previous_n: passed + failed of the previous window.
--   previous_success_rate: Success rate of the previous window.
--   previous_clean_success_rate: Clean success rate of the previous window.
WITH placed AS (
  SELECT b.*, w.window_days, b.settled_at >= w.window_from AS is_current
  FROM metric_builds AS b
  JOIN metric_windows AS w
    ON w.organization_id = b.organization_id
    AND b.settled_at >= w.previous_from AND b.settled_at < w.window_to
), counted AS (
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    branch_class,
    window_days,
    count(*) FILTER (WHERE is_current) AS builds,
    count(*) FILTER (WHERE is_current AND state = 'passed') AS passed,
    count(*) FILTER (WHERE is_current AND is_clean) AS clean_passed,
    count(*) FILTER (WHERE is_current AND state = 'failed') AS failed,
    count(*) FILTER (WHERE is_current AND state = 'canceled') AS canceled,
    count(*) FILTER (WHERE is_current AND state IN ('passed', 'failed')) AS n,
    count(*) FILTER (WHERE is_current AND is_blocked AND state IN ('passed', 'failed'))
      AS standing_n,
    count(*) FILTER (WHERE NOT is_current AND state IN ('passed', 'failed')) AS previous_n,
    count(*) FILTER (WHERE NOT is_current AND state = 'passed') AS previous_passed,
    count(*) FILTER (WHERE NOT is_current AND is_clean) AS previous_clean
  FROM placed
  GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  window_days,
  builds,
  passed,
  clean_passed,
  failed,
  canceled,
  n,
  standing_n,
  share(passed, n) AS success_rate,
  wilson_low(passed, n) AS success_low,
  wilson_high(passed, n) AS success_high,
  share(clean_passed, n) AS clean_success_rate,
  share(canceled, builds) AS canceled_share,
  previous_n,
  share(previous_passed, previous_n) AS previous_success_rate,
  share(previous_clean, previous_n) AS previous_clean_success_rate
FROM counted
