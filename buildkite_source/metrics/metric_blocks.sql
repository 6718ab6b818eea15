-- Times a build stood still until somebody unblocked it.
--
-- From the end of the last thing that happened in the build before (a job that ended, an earlier
-- unblocking, else the build's creation) to unblocked_at; 0 when a job was still running then.
--
-- Grain: block or input step that was unblocked
-- Key: job_id
-- Columns:
--   job_id: The manual job.
--   label: Its label.
--   blocked_from: Since when nothing else happened in the build.
--   unblocked_at: When it was unblocked.
--   blocked_seconds: unblocked_at - blocked_from.
WITH moments AS (
  SELECT
    j.id AS job_id,
    j.build_id,
    j.type,
    j.label,
    coalesce(j.unblocked_at, j.started_at) AS begins_at,
    coalesce(j.unblocked_at, j.finished_at, far_future()) AS ends_at
  FROM jobs AS j
  JOIN (SELECT DISTINCT build_id FROM jobs WHERE unblocked_at IS NOT NULL) AS with_blocks
    ON with_blocks.build_id = j.build_id
  WHERE coalesce(j.unblocked_at, j.started_at) IS NOT NULL
), ordered AS (
  SELECT
    *,
    max(ends_at) OVER (
      PARTITION BY build_id ORDER BY begins_at, job_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS last_end
  FROM moments
)
SELECT
  o.job_id,
  o.build_id,
  b.organization_id,
  b.pipeline_id,
  b.pipeline_slug,
  b.branch_class,
  o.label,
  least(coalesce(o.last_end, b.created_at), o.begins_at) AS blocked_from,
  o.begins_at AS unblocked_at,
  seconds_between(least(coalesce(o.last_end, b.created_at), o.begins_at), o.begins_at)
    AS blocked_seconds
FROM ordered AS o
JOIN metric_build_classes AS b ON b.build_id = o.build_id
WHERE o.type = 'manual'
