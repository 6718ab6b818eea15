-- How long jobs waited for an agent in the last days against the days before.
--
-- Queue wait = started_at - runnable_at of started script attempts, by the time they started. The
-- wait for a concurrency group comes before it and is a bar of its own. A percentile is NULL when
-- fewer attempts than it needs are there: 5 for p50, 10 for p90, 20 for p95, 100 for p99.
--
-- Grain: queue, window
-- Key: organization_id, organization_slug?, cluster_id?, queue, window_days
-- Columns:
--   n: Started attempts in the window.
--   p50_seconds: Median queue wait.
--   p90_seconds: 90th percentile of the queue wait.
--   p95_seconds: 95th percentile.
--   p99_seconds: 99th percentile.
--   limited_n: Of them, attempts that waited for a concurrency group.
--   limited_p50_seconds: Median of their wait for the group.
--   limited_p95_seconds: 95th percentile of their wait for the group.
--   previous_n: Started attempts in the previous window.
--   previous_p50_seconds: Median queue wait in the previous window.
--   previous_p95_seconds: 95th percentile in the previous window.
--   previous_limited_n: limited_n of the previous window.
--   previous_limited_p50_seconds: limited_p50_seconds of the previous window.
WITH placed AS (
  SELECT
    a.organization_id,
    a.organization_slug,
    a.cluster_id,
    a.queue,
    w.window_days,
    CASE WHEN a.started_at >= w.window_from THEN a.queue_wait_seconds END AS wait,
    CASE WHEN a.started_at < w.window_from THEN a.queue_wait_seconds END AS previous_wait,
    CASE
      WHEN a.started_at >= w.window_from AND a.concurrency_wait_seconds > 0
      THEN a.concurrency_wait_seconds
    END AS limited,
    CASE
      WHEN a.started_at < w.window_from AND a.concurrency_wait_seconds > 0
      THEN a.concurrency_wait_seconds
    END AS previous_limited
  FROM metric_attempts AS a
  JOIN metric_windows AS w
    ON w.organization_id = a.organization_id
    AND a.started_at >= w.previous_from AND a.started_at < w.window_to
  WHERE a.queue_wait_seconds IS NOT NULL
)
SELECT
  organization_id,
  organization_slug,
  cluster_id,
  queue,
  window_days,
  count(wait) AS n,
  percentile(wait, 0.5, 5) AS p50_seconds,
  percentile(wait, 0.9, 10) AS p90_seconds,
  percentile(wait, 0.95, 20) AS p95_seconds,
  percentile(wait, 0.99, 100) AS p99_seconds,
  count(limited) AS limited_n,
  percentile(limited, 0.5, 5) AS limited_p50_seconds,
  percentile(limited, 0.95, 20) AS limited_p95_seconds,
  count(previous_wait) AS previous_n,
  percentile(previous_wait, 0.5, 5) AS previous_p50_seconds,
  percentile(previous_wait, 0.95, 20) AS previous_p95_seconds,
  count(previous_limited) AS previous_limited_n,
  percentile(previous_limited, 0.5, 5) AS previous_limited_p50_seconds
FROM placed
GROUP BY 1, 2, 3, 4, 5
