-- Main red time and time to recover in the last days against the days before.
--
-- Red time is the part of each interval that lies in the window, up to as_of for an open one.
-- Time to recover: mean and median of the intervals that closed in the window; still_red_since
-- tells of an open one, which is in neither.
--
-- Grain: pipeline with builds on its default branch, window
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, window_days
-- Columns:
--   red_seconds: Time red in the window.
--   flake_seconds: Part of it in intervals that a flake began.
--   incident_seconds: The rest of it.
--   recoveries: Intervals that closed in the window.
--   mean_recovery_seconds: Their mean length.
--   median_recovery_seconds: Their median length.
--   still_red_since: Since when main is red, if it is.
--   previous_red_seconds: Time red in the previous window.
--   previous_recoveries: Intervals that closed in the previous window.
--   previous_median_recovery_seconds: Their median length.
WITH mains AS (
  SELECT DISTINCT organization_id, organization_slug, pipeline_id, pipeline_slug
  FROM metric_build_classes
  WHERE branch_class = 'default branch'
), parts AS (
  SELECT
    m.organization_id,
    m.organization_slug,
    m.pipeline_id,
    m.pipeline_slug,
    w.window_days,
    r.cause,
    r.red_from,
    r.is_open,
    overlap_seconds(r.red_from, coalesce(r.red_to, w.window_to), w.window_from, w.window_to)
      AS red,
    overlap_seconds(r.red_from, coalesce(r.red_to, w.window_to), w.previous_from, w.window_from)
      AS previous_red,
    CASE WHEN r.red_to >= w.window_from AND r.red_to < w.window_to THEN r.red_seconds END
      AS recovery,
    CASE WHEN r.red_to >= w.previous_from AND r.red_to < w.window_from THEN r.red_seconds END
      AS previous_recovery
  FROM mains AS m
  JOIN metric_windows AS w ON w.organization_id = m.organization_id
  LEFT JOIN metric_red_intervals AS r ON r.pipeline_id = m.pipeline_id
)
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  window_days,
  coalesce(sum(red), 0) AS red_seconds,
  coalesce(sum(CASE WHEN cause = 'flake' THEN red END), 0) AS flake_seconds,
  coalesce(sum(CASE WHEN cause = 'incident' THEN red END), 0) AS incident_seconds,
  count(recovery) AS recoveries,
  avg(recovery) AS mean_recovery_seconds,
  quantile_cont(recovery, 0.5) AS median_recovery_seconds,
  max(CASE WHEN is_open THEN red_from END) AS still_red_since,
  coalesce(sum(previous_red), 0) AS previous_red_seconds,
  count(previous_recovery) AS previous_recoveries,
  quantile_cont(previous_recovery, 0.5) AS previous_median_recovery_seconds
FROM parts
GROUP BY 1, 2, 3, 4, 5
