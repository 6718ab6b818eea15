-- Jobs that wait for an agent, as of the last load.
--
-- Waiting = as_of - runnable_at of scheduled script jobs of builds that are still followed: a
-- build that the API has forgotten waits for nothing.
--
-- Grain: queue with jobs that wait or run
-- Columns:
--   as_of: The moment the data is of.
--   waiting: Scheduled jobs.
--   longest_wait_seconds: Of the one that waits longest.
--   median_wait_seconds: Of the one in the middle.
--   running: Jobs that an agent runs.
SELECT
  a.organization_id,
  a.organization_slug,
  a.cluster_id,
  a.queue,
  c.as_of,
  count(*) FILTER (WHERE a.state = 'scheduled') AS waiting,
  max(CASE WHEN a.state = 'scheduled' THEN seconds_between(a.runnable_at, c.as_of) END)
    AS longest_wait_seconds,
  quantile_cont(
    CASE WHEN a.state = 'scheduled' THEN seconds_between(a.runnable_at, c.as_of) END, 0.5
  ) AS median_wait_seconds,
  count(*) FILTER (WHERE a.state = 'running') AS running
FROM metric_attempts AS a
JOIN metric_clock AS c ON c.organization_id = a.organization_id
LEFT JOIN missing_builds AS m ON m.id = a.build_id
WHERE a.type = 'script' AND a.state IN ('scheduled', 'running') AND m.id IS NULL
GROUP BY 1, 2, 3, 4, 5
