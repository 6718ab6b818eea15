-- The critical path of each settled build: what it waited for, from its end backwards.
--
-- From the last finisher back to the job that ended latest before its runnable_at, and so on.
-- Attempts count as jobs, so that a retry follows the attempt it replaced. A block or input step
-- ends when it is unblocked.
--
-- Grain: job on the path
-- Columns:
--   position: 1 for the last finisher, counted backwards.
--   step: Key, name or label of the job's step.
--   job_id: The attempt, or the block or input step.
--   ready_at: runnable_at; of a block or input step, when it was unblocked.
--   ended_at: finished_at; of a block or input step, when it was unblocked.
--   wait_seconds: From ready_at until it started: the wait for an agent.
--   run_seconds: From its start to its end.
WITH RECURSIVE ended AS (
  SELECT
    j.id AS job_id,
    j.build_id,
    j.started_at,
    coalesce(j.unblocked_at, j.runnable_at, j.started_at) AS ready_at,
    coalesce(j.unblocked_at, j.finished_at) AS ended_at
  FROM jobs AS j
  JOIN metric_build_classes AS b ON b.build_id = j.build_id AND b.is_settled
  WHERE (j.type = 'manual' AND j.unblocked_at IS NOT NULL)
    OR (j.started_at IS NOT NULL AND j.finished_at IS NOT NULL)
), moments AS (
  SELECT build_id, job_id, ended_at AS moment, 1 AS is_end FROM ended
  UNION ALL
  SELECT build_id, job_id, ready_at, 0 FROM ended
), ranked AS (
  -- The ends up to each moment, ends of the same moment first: for an end its own rank, and for
  -- a start the rank of the job that ended latest before it.
  SELECT
    build_id,
    job_id,
    is_end,
    sum(is_end) OVER (
      PARTITION BY build_id ORDER BY moment, is_end DESC, job_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS ends
  FROM moments
), links AS (
  SELECT
    build_id,
    job_id,
    max(CASE WHEN is_end = 1 THEN ends END) AS rank,
    -- A job of no length is not before itself.
    least(
      max(CASE WHEN is_end = 0 THEN ends END), max(CASE WHEN is_end = 1 THEN ends END) - 1
    ) AS rank_before
  FROM ranked
  GROUP BY 1, 2
), path AS (
  SELECT l.build_id, l.job_id, l.rank_before, 1 AS position
  FROM links AS l
  JOIN (SELECT build_id, max(rank) AS rank FROM links GROUP BY 1) AS last
    ON last.build_id = l.build_id AND last.rank = l.rank
  UNION ALL
  SELECT l.build_id, l.job_id, l.rank_before, p.position + 1
  FROM path AS p
  JOIN links AS l ON l.build_id = p.build_id AND l.rank = p.rank_before
)
SELECT
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  p.build_id,
  b.build_number,
  b.branch_class,
  b.settled_at,
  p.position,
  p.job_id,
  step_of(j.step_key, coalesce(j.name, j.label), j.command, j.matrix) AS step,
  j.type,
  e.ready_at,
  e.ended_at,
  coalesce(seconds_between(e.ready_at, e.started_at), 0) AS wait_seconds,
  coalesce(seconds_between(e.started_at, e.ended_at), 0) AS run_seconds
FROM path AS p
JOIN ended AS e ON e.job_id = p.job_id
JOIN jobs AS j ON j.id = p.job_id
JOIN metric_build_classes AS b ON b.build_id = p.build_id
