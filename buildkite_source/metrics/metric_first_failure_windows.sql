-- Which step hard-fails first in the failed builds of the last days.
--
-- first_rate = builds that this step failed first / failed builds of the pipeline. Rank by
-- first_low, the lower Wilson bound at 95 %.
--
-- Grain: step, window
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, step,
--   parallel_group_index?, window_days
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   failed_first: Failed builds of the window that it failed first.
--   failed_builds: Failed builds of the pipeline in the window with a hard failure.
--   first_rate: failed_first / failed_builds.
--   first_low: Lower bound of first_rate.
--   first_high: Upper bound of first_rate.
--   previous_failed_first: failed_first of the previous window.
--   previous_failed_builds: failed_builds of the previous window.
WITH placed AS (
  SELECT f.*, w.window_days, f.settled_at >= w.window_from AS is_current
  FROM metric_failed_builds AS f
  JOIN metric_windows AS w
    ON w.organization_id = f.organization_id
    AND f.settled_at >= w.previous_from AND f.settled_at < w.window_to
  WHERE f.first_step IS NOT NULL
), counted AS (
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    first_step AS step,
    first_parallel_group_index AS parallel_group_index,
    window_days,
    count(*) FILTER (WHERE is_current) AS failed_first,
    count(*) FILTER (WHERE NOT is_current) AS previous_failed_first
  FROM placed
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), totals AS (
  SELECT
    pipeline_id,
    window_days,
    count(*) FILTER (WHERE is_current) AS failed_builds,
    count(*) FILTER (WHERE NOT is_current) AS previous_failed_builds
  FROM placed
  GROUP BY 1, 2
)
SELECT
  c.organization_id,
  c.organization_slug,
  c.pipeline_id,
  c.pipeline_slug,
  c.step,
  c.parallel_group_index,
  c.window_days,
  c.failed_first,
  t.failed_builds,
  share(c.failed_first, t.failed_builds) AS first_rate,
  wilson_low(c.failed_first, t.failed_builds) AS first_low,
  wilson_high(c.failed_first, t.failed_builds) AS first_high,
  c.previous_failed_first,
  t.previous_failed_builds
FROM counted AS c
JOIN totals AS t ON t.pipeline_id = c.pipeline_id AND t.window_days = c.window_days
