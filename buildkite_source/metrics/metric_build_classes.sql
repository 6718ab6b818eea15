-- Builds with the classes that every other view uses.
--
-- Settled: state passed, failed, canceled, skipped or not_run. All other builds are open: they are
-- in no rate. A build that stands at a block or input step counts as what its state says as soon as
-- an attempt other than the one that uploads steps has ended in it; before that it is open. The
-- setting blocked_builds = "open" leaves blocked builds open, of all pipelines or of some. Branch
-- class: default branch (a pull request from a fork's branch of that name is none), pull request,
-- other. A commit that is not resolved (HEAD) is NULL.
--
-- Grain: build
-- Key: build_id
-- Materialized: by build_id
-- Columns:
--   is_blocked: It stands at a block or input step.
--   settled_at: finished_at, or created_at of a build that has none (skipped, not_run); NULL while open.
--   finished_at: Of a build that stands blocked, when the last attempt before the block ended.
WITH standing AS (
  SELECT
    j.build_id,
    max(j.finished_at) AS worked_until,
    count(CASE WHEN NOT uploads_steps(j.command) THEN 1 END) AS worked
  FROM jobs AS j
  JOIN builds AS b ON b.id = j.build_id AND b.blocked
  WHERE j.type IN ('script', 'trigger') AND j.finished_at IS NOT NULL
    AND (j.started_at IS NOT NULL OR j.state = 'expired')
  GROUP BY 1
), classed AS (
  SELECT
    b.*,
    coalesce(p.slug, b.pipeline_slug) AS current_slug,
    p.default_branch,
    settled(b.state) AND (
      NOT coalesce(b.blocked, FALSE)
      OR coalesce(s.worked > 0 AND coalesce(own.counts, every.counts) = 'by_state', FALSE)
    ) AS is_settled,
    CASE WHEN b.blocked THEN s.worked_until ELSE b.finished_at END AS ended_at
  FROM builds AS b
  JOIN given_blocked_builds AS every ON every.slug = '*'
  LEFT JOIN pipelines AS p ON p.id = b.pipeline_id
  LEFT JOIN given_blocked_builds AS own ON own.slug = coalesce(p.slug, b.pipeline_slug)
  LEFT JOIN standing AS s ON s.build_id = b.id
)
SELECT
  id AS build_id,
  organization_id,
  organization_slug,
  pipeline_id,
  current_slug AS pipeline_slug,
  number AS build_number,
  branch,
  CASE
    WHEN branch = default_branch AND coalesce(pull_request_base <> default_branch, TRUE)
    THEN 'default branch'
    WHEN pull_request_id <> '' THEN 'pull request'
    ELSE 'other'
  END AS branch_class,
  CASE WHEN commit <> 'HEAD' THEN commit END AS commit,
  source,
  creator_id,
  creator_name,
  message,
  state,
  coalesce(blocked, FALSE) AS is_blocked,
  is_settled,
  CASE WHEN is_settled THEN coalesce(ended_at, created_at) END AS settled_at,
  created_at,
  started_at,
  failing_at,
  ended_at AS finished_at,
  rebuilt_from_id,
  fetched_at,
  web_url
FROM classed
