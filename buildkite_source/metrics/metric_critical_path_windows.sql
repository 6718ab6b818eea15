-- Which steps are on the critical path in the last days: where an hour saved is an hour gained.
--
-- Grain: step, window
-- Columns:
--   step: Key, name or label of the step.
--   builds: Builds of the window that have it on their path.
--   path_builds: Builds of the pipeline in the window that have a path.
--   path_share: builds / path_builds.
--   wait_seconds: What it waited for agents there, all builds together.
--   run_seconds: What it ran there.
--   mean_seconds: Wait and run, a build.
WITH placed AS (
  SELECT c.*, w.window_days
  FROM metric_critical_path AS c
  JOIN metric_windows AS w
    ON w.organization_id = c.organization_id
    AND c.settled_at >= w.window_from AND c.settled_at < w.window_to
), totals AS (
  SELECT pipeline_id, window_days, count(*) AS path_builds
  FROM placed
  WHERE position = 1
  GROUP BY 1, 2
), counted AS (
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    step,
    window_days,
    count(DISTINCT build_id) AS builds,
    sum(wait_seconds) AS wait_seconds,
    sum(run_seconds) AS run_seconds
  FROM placed
  GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT
  c.organization_id,
  c.organization_slug,
  c.pipeline_id,
  c.pipeline_slug,
  c.step,
  c.window_days,
  c.builds,
  t.path_builds,
  share(c.builds, t.path_builds) AS path_share,
  c.wait_seconds,
  c.run_seconds,
  (c.wait_seconds + c.run_seconds) / c.builds AS mean_seconds
FROM counted AS c
JOIN totals AS t ON t.pipeline_id = c.pipeline_id AND t.window_days = c.window_days
