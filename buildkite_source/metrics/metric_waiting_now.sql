-- Jobs that wait for an agent, as of the last load.
--
-- Waiting = as_of - runnable_at of scheduled script jobs, and of reserved ones, which a stack has
-- taken and no agent runs yet. Builds created more than open_days ago are not followed, and a build
-- that the API has forgotten is gone: their jobs wait for nothing.
--
-- Grain: queue with jobs that wait or run
-- Key: organization_id, organization_slug?, cluster_id?, queue
-- Columns:
--   as_of: The moment the data is of.
--   waiting: Scheduled and reserved jobs.
--   longest_wait_seconds: Of the one that waits longest.
--   median_wait_seconds: Of the one in the middle.
--   running: Jobs that an agent runs.
WITH waiting AS (
  SELECT
    a.organization_id,
    a.organization_slug,
    a.cluster_id,
    a.queue,
    c.as_of,
    a.state = 'running' AS is_running,
    CASE WHEN a.state <> 'running' THEN seconds_between(a.runnable_at, c.as_of) END AS wait_seconds
  FROM metric_attempts AS a
  JOIN metric_build_classes AS b ON b.build_id = a.build_id
  JOIN metric_clock AS c ON c.organization_id = a.organization_id
  CROSS JOIN given_limits AS g
  LEFT JOIN missing_builds AS m ON m.id = a.build_id
  WHERE a.type = 'script' AND a.state IN ('scheduled', 'reserved', 'running') AND m.id IS NULL
    AND seconds_between(b.created_at, c.as_of) <= g.open_days * 86400
)
SELECT
  organization_id,
  organization_slug,
  cluster_id,
  queue,
  as_of,
  count(*) FILTER (WHERE NOT is_running) AS waiting,
  max(wait_seconds) AS longest_wait_seconds,
  quantile_cont(wait_seconds, 0.5) AS median_wait_seconds,
  count(*) FILTER (WHERE is_running) AS running
FROM waiting
GROUP BY 1, 2, 3, 4, 5
