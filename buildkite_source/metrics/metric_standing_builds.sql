-- Builds that stand at a block or input step, as of the last load.
--
-- Since when: the end of the last thing that happened in the build before (an attempt that ended, an
-- earlier unblocking, else the build's creation). A build that is gone from the API stands nowhere.
--
-- Grain: build, block or input step it stands at
-- Key: build_id, job_id?
-- Columns:
--   is_settled: It counts as what its state says; else it is open.
--   job_id: The block or input step; NULL where it is not loaded.
--   label: Its label, or its key.
--   blocked_from: Since when nothing happened but waiting.
--   blocked_seconds: as_of - blocked_from.
--   as_of: The moment the data is of.
--   last_seen_at: When the API last returned the build.
WITH standing AS (
  SELECT b.*
  FROM metric_build_classes AS b
  LEFT JOIN missing_builds AS m ON m.id = b.build_id
  WHERE b.is_blocked AND m.id IS NULL
), happened AS (
  SELECT j.build_id, max(coalesce(j.unblocked_at, j.finished_at)) AS last_at
  FROM jobs AS j
  JOIN standing AS s ON s.build_id = j.build_id
  WHERE j.type IN ('script', 'trigger', 'manual')
  GROUP BY 1
)
SELECT
  s.organization_id,
  s.organization_slug,
  s.pipeline_id,
  s.pipeline_slug,
  s.build_id,
  s.build_number,
  s.branch,
  s.branch_class,
  s.state,
  s.is_settled,
  j.id AS job_id,
  coalesce(j.label, j.name, j.step_key) AS label,
  s.created_at,
  coalesce(h.last_at, s.created_at) AS blocked_from,
  greatest(seconds_between(coalesce(h.last_at, s.created_at), c.as_of), 0) AS blocked_seconds,
  c.as_of,
  s.fetched_at AS last_seen_at,
  s.web_url
FROM standing AS s
JOIN metric_clock AS c ON c.organization_id = s.organization_id
LEFT JOIN happened AS h ON h.build_id = s.build_id
LEFT JOIN jobs AS j
  ON j.build_id = s.build_id AND j.type = 'manual'
  AND j.state IN ('blocked', 'blocked_failed') AND j.unblocked_at IS NULL
