-- Flaky steps of the last days against the days before.
--
-- flaky_rate = flaky_commits / commits at which the step passed or failed. Rank by flaky_low, the
-- lower Wilson bound at 95 %.
--
-- Grain: step, window
-- Key: organization_id, pipeline_id, step, parallel_group_index?, window_days
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   commits: Commits at which it passed or failed in the window.
--   flaky_commits: Commits at which it did both.
--   flaky_within_build: Of them, in one build: a retry hid it.
--   flaky_across_builds: Of them, in different builds: a rebuild showed it.
--   flaky_rate: flaky_commits / commits.
--   flaky_low: Lower bound of flaky_rate.
--   flaky_high: Upper bound of flaky_rate.
--   last_flaky_at: When it was last seen to be flaky.
--   previous_commits: Commits of the previous window.
--   previous_flaky_commits: Flaky commits of the previous window.
--   previous_flaky_rate: Flaky rate in the previous window.
WITH placed AS (
  SELECT s.*, w.window_days, s.settled_at >= w.window_from AS is_current
  FROM metric_step_commits AS s
  JOIN metric_windows AS w
    ON w.organization_id = s.organization_id
    AND s.settled_at >= w.previous_from AND s.settled_at < w.window_to
), counted AS (
  SELECT
    organization_id,
    pipeline_id,
    step,
    parallel_group_index,
    window_days,
    count(*) FILTER (WHERE is_current) AS commits,
    count(*) FILTER (WHERE is_current AND is_flaky) AS flaky_commits,
    count(*) FILTER (WHERE is_current AND flaky_within_build) AS flaky_within_build,
    count(*) FILTER (WHERE is_current AND flaky_across_builds) AS flaky_across_builds,
    max(CASE WHEN is_flaky THEN settled_at END) AS last_flaky_at,
    count(*) FILTER (WHERE NOT is_current) AS previous_commits,
    count(*) FILTER (WHERE NOT is_current AND is_flaky) AS previous_flaky_commits
  FROM placed
  GROUP BY 1, 2, 3, 4, 5
)
SELECT
  c.organization_id,
  c.pipeline_id,
  p.slug AS pipeline_slug,
  c.step,
  c.parallel_group_index,
  c.window_days,
  c.commits,
  c.flaky_commits,
  c.flaky_within_build,
  c.flaky_across_builds,
  share(c.flaky_commits, c.commits) AS flaky_rate,
  wilson_low(c.flaky_commits, c.commits) AS flaky_low,
  wilson_high(c.flaky_commits, c.commits) AS flaky_high,
  c.last_flaky_at,
  c.previous_commits,
  c.previous_flaky_commits,
  share(c.previous_flaky_commits, c.previous_commits) AS previous_flaky_rate
FROM counted AS c
LEFT JOIN pipelines AS p ON p.id = c.pipeline_id
