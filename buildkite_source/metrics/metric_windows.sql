-- The spans that views named *_windows compare: the last 7, 28 and 90 days, and as long before.
--
-- They end at as_of, are counted in 24 hours, and take in their start but not their end.
--
-- Grain: organization, window_days
-- Key: organization_id, window_days
-- Columns:
--   window_days: Length of the window in days of 24 hours.
--   previous_from: Start of the previous window, which ends at window_from.
--   window_from: Start of the window.
--   window_to: End of the window: as_of.
SELECT
  clock.organization_id,
  spans.window_days,
  clock.as_of - 2 * spans.window_days * INTERVAL '24 hours' AS previous_from,
  clock.as_of - spans.window_days * INTERVAL '24 hours' AS window_from,
  clock.as_of AS window_to
FROM metric_clock AS clock
CROSS JOIN (
  SELECT 7 AS window_days
  UNION ALL SELECT 28
  UNION ALL SELECT 90
) AS spans
