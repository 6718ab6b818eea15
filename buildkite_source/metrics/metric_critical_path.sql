-- The critical path of each settled build: what it waited for, from its end backwards.
--
-- From the last finisher back to the job that ended latest before its runnable_at, and so on.
-- Attempts count as jobs, so that a retry follows the attempt it replaced. A block or input step
-- ends when it is unblocked.
--
-- Grain: job on the path
-- Key: job_id
-- Materialized: by build_id
-- Columns:
--   position: 1 for the last finisher, counted backwards.
--   step: Key, name or label of the job's step.
--   job_id: The attempt, or the block or input step.
--   ready_at: runnable_at; of a block or input step, when it was unblocked.
--   ended_at: finished_at; of a block or input step, when it was unblocked.
--   wait_seconds: From ready_at until it started: the wait for an agent.
--   run_seconds: From its start to its end.
WITH RECURSIVE settled_builds AS (
  -- Numbers sort and join faster than ids.
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    build_id,
    build_number,
    branch_class,
    settled_at,
    row_number() OVER (ORDER BY build_id) AS build
  FROM metric_build_classes
  WHERE is_settled
), ended AS (
  SELECT
    b.build,
    j.id AS job_id,
    j.started_at,
    coalesce(j.unblocked_at, j.runnable_at, j.started_at) AS ready_at,
    coalesce(j.unblocked_at, j.finished_at) AS ended_at,
    row_number() OVER (
      PARTITION BY b.build ORDER BY coalesce(j.unblocked_at, j.finished_at), j.id
    ) AS place
  FROM jobs AS j
  JOIN settled_builds AS b ON b.build_id = j.build_id
  WHERE (j.type = 'manual' AND j.unblocked_at IS NOT NULL)
    OR (j.started_at IS NOT NULL AND j.finished_at IS NOT NULL)
), moments AS (
  SELECT build, place, ended_at AS moment, 1 AS is_end FROM ended
  UNION ALL
  SELECT build, place, ready_at, 0 FROM ended
), counted AS (
  -- The jobs of the build that had ended by each moment: of a start, the place of the last of them.
  SELECT
    build,
    place,
    is_end,
    sum(is_end) OVER (
      PARTITION BY build ORDER BY moment, is_end DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS ends
  FROM moments
), links AS (
  -- A job of no length is not before itself.
  SELECT build, place, least(CAST(ends AS BIGINT), place - 1) AS place_before
  FROM counted
  WHERE is_end = 0
), path AS (
  SELECT l.build, l.place, l.place_before, 1 AS position
  FROM links AS l
  JOIN (SELECT build, max(place) AS place FROM links GROUP BY 1) AS last
    ON last.build = l.build AND last.place = l.place
  UNION ALL
  SELECT l.build, l.place, l.place_before, p.position + 1
  FROM path AS p
  JOIN links AS l ON l.build = p.build AND l.place = p.place_before
)
SELECT
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  b.build_id,
  b.build_number,
  b.branch_class,
  b.settled_at,
  p.position,
  e.job_id,
  step_of(
    j.step_key, plain_name(coalesce(j.name, j.label)), j.command, matrix_of(j.matrix_text, j.matrix)
  ) AS step,
  j.type,
  e.ready_at,
  e.ended_at,
  coalesce(seconds_between(e.ready_at, e.started_at), 0) AS wait_seconds,
  coalesce(seconds_between(e.started_at, e.ended_at), 0) AS run_seconds
FROM path AS p
JOIN ended AS e ON e.build = p.build AND e.place = p.place
LEFT JOIN jobs AS j
  -- All are there; outer joins come last, when only the jobs on the path are left.
  ON j.id = e.job_id
LEFT JOIN settled_builds AS b ON b.build = p.build
