-- Failed builds that retry-flakes retried: what became of them, and what that took.
--
-- There when an action was carried out. Saved: the build passed afterwards. Wasted: it failed again,
-- or was canceled. Open: not yet, or not loaded yet. Retries are the attempts of a logical job from
-- the first on that somebody asked for: retry-flakes asks for builds only in which nobody has.
--
-- Grain: retried build
-- Key: build_id
-- Columns:
--   retried_at: When the retry was asked for.
--   outcome: saved, wasted or open.
--   steps: The retried step; of several, the first by name and how many more.
--   retried_jobs: Logical jobs that were retried, as far as they are loaded.
--   retries: Attempts that came of it.
--   agent_seconds: Time of agents that they took.
--   first_failed_at: When the first failed attempt of the build ended.
--   green_at: When the last attempt of a saved build ended.
--   green_seconds: green_at - first_failed_at.
WITH asked AS (
  SELECT replace(key, 'retry-flakes/', '') AS build_id, min(requested_at) AS retried_at
  FROM actions
  WHERE action = 'retry_failed_jobs' AND status = 'done' AND key LIKE 'retry-flakes/%'
  GROUP BY 1
), begun AS (
  SELECT logical_job_id, min(attempt_number) AS attempt_number
  FROM metric_attempts
  WHERE retry_source_type = 'manual'
  GROUP BY 1
), retried AS (
  SELECT
    a.build_id,
    count(DISTINCT a.logical_job_id) AS jobs,
    count(DISTINCT a.step) AS steps,
    min(a.step) AS first_step,
    count(*) AS attempts,
    count(*) FILTER (WHERE a.result = 'open') AS open_attempts,
    sum(a.agent_seconds) AS agent_seconds
  FROM metric_attempts AS a
  JOIN begun AS f
    ON f.logical_job_id = a.logical_job_id AND a.attempt_number >= f.attempt_number
  GROUP BY 1
), ended AS (
  SELECT
    build_id,
    min(CASE WHEN is_failure THEN settled_at END) AS first_failed_at,
    max(settled_at) AS ended_at
  FROM metric_attempts
  GROUP BY 1
), outcomes AS (
  SELECT
    b.build_id,
    CASE
      WHEN r.build_id IS NULL OR r.open_attempts > 0 OR NOT b.is_settled THEN 'open'
      WHEN b.state = 'passed' THEN 'saved'
      ELSE 'wasted'
    END AS outcome
  FROM metric_build_classes AS b
  LEFT JOIN retried AS r ON r.build_id = b.build_id
)
SELECT
  b.build_id,
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  b.build_number,
  b.branch,
  b.branch_class,
  b.commit,
  q.retried_at,
  o.outcome,
  CASE
    WHEN r.steps > 1 THEN r.first_step || ' and ' || CAST(r.steps - 1 AS TEXT) || ' more'
    ELSE r.first_step
  END AS steps,
  coalesce(r.jobs, 0) AS retried_jobs,
  coalesce(r.attempts, 0) AS retries,
  coalesce(r.agent_seconds, 0) AS agent_seconds,
  e.first_failed_at,
  CASE WHEN o.outcome = 'saved' THEN e.ended_at END AS green_at,
  CASE WHEN o.outcome = 'saved' THEN seconds_between(e.first_failed_at, e.ended_at) END
    AS green_seconds,
  b.web_url
FROM asked AS q
JOIN metric_build_classes AS b ON b.build_id = q.build_id
JOIN outcomes AS o ON o.build_id = b.build_id
LEFT JOIN retried AS r ON r.build_id = b.build_id
LEFT JOIN ended AS e ON e.build_id = b.build_id
