-- Steps on the critical path in the last days against the days before.
--
-- An hour saved on the path of a build is an hour gained.
--
-- Grain: step, window
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, step, window_days
-- Columns:
--   step: Key, name or label of the step.
--   builds: Builds of the window that have it on their path.
--   path_builds: Builds of the pipeline in the window that have a path.
--   path_share: builds / path_builds.
--   wait_seconds: What it waited for agents there, all builds together.
--   run_seconds: What it ran there.
--   mean_seconds: Wait and run, a build.
--   previous_builds: builds of the previous window.
--   previous_path_builds: path_builds of the previous window.
--   previous_wait_seconds: wait_seconds of the previous window.
--   previous_run_seconds: run_seconds of the previous window.
WITH placed AS (
  SELECT c.*, w.window_days, c.settled_at >= w.window_from AS is_current
  FROM metric_critical_path AS c
  JOIN metric_windows AS w
    ON w.organization_id = c.organization_id
    AND c.settled_at >= w.previous_from AND c.settled_at < w.window_to
), totals AS (
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    window_days,
    count(*) FILTER (WHERE is_current) AS path_builds,
    count(*) FILTER (WHERE NOT is_current) AS previous_path_builds
  FROM placed
  WHERE position = 1
  GROUP BY 1, 2, 3, 4, 5
), steps AS (
  -- A step may be on the path of a build more than once.
  SELECT
    pipeline_id,
    step,
    window_days,
    build_id,
    is_current,
    sum(wait_seconds) AS wait_seconds,
    sum(run_seconds) AS run_seconds
  FROM placed
  GROUP BY 1, 2, 3, 4, 5
), counted AS (
  SELECT
    pipeline_id,
    step,
    window_days,
    count(*) FILTER (WHERE is_current) AS builds,
    sum(CASE WHEN is_current THEN wait_seconds ELSE 0 END) AS wait_seconds,
    sum(CASE WHEN is_current THEN run_seconds ELSE 0 END) AS run_seconds,
    count(*) FILTER (WHERE NOT is_current) AS previous_builds,
    sum(CASE WHEN is_current THEN 0 ELSE wait_seconds END) AS previous_wait_seconds,
    sum(CASE WHEN is_current THEN 0 ELSE run_seconds END) AS previous_run_seconds
  FROM steps
  GROUP BY 1, 2, 3
)
SELECT
  t.organization_id,
  t.organization_slug,
  t.pipeline_id,
  t.pipeline_slug,
  c.step,
  c.window_days,
  c.builds,
  t.path_builds,
  share(c.builds, t.path_builds) AS path_share,
  c.wait_seconds,
  c.run_seconds,
  share(c.wait_seconds + c.run_seconds, c.builds) AS mean_seconds,
  c.previous_builds,
  t.previous_path_builds,
  c.previous_wait_seconds,
  c.previous_run_seconds
FROM counted AS c
JOIN totals AS t ON t.pipeline_id = c.pipeline_id AND t.window_days = c.window_days
