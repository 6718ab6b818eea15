-- Builds with the classes that every other view uses.
--
-- Settled: state passed, failed, canceled, skipped or not_run, and not blocked. All other builds
-- are open: they are in no rate. Branch class: default branch (a pull request from a fork's branch
-- of that name is none), pull request, other. A commit that is not resolved (HEAD) is NULL.
--
-- Grain: build
-- Columns:
--   settled_at: finished_at, or created_at of a build that has none (skipped, not_run); NULL while open.
SELECT
  b.id AS build_id,
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  coalesce(p.slug, b.pipeline_slug) AS pipeline_slug,
  b.number AS build_number,
  b.branch,
  CASE
    WHEN b.branch = p.default_branch AND coalesce(b.pull_request_base <> p.default_branch, TRUE)
    THEN 'default branch'
    WHEN b.pull_request_id <> '' THEN 'pull request'
    ELSE 'other'
  END AS branch_class,
  CASE WHEN b.commit <> 'HEAD' THEN b.commit END AS commit,
  b.source,
  b.creator_id,
  b.creator_name,
  b.message,
  b.state,
  coalesce(b.blocked, FALSE) AS is_blocked,
  settled(b.state, b.blocked) AS is_settled,
  CASE WHEN settled(b.state, b.blocked) THEN coalesce(b.finished_at, b.created_at) END
    AS settled_at,
  b.created_at,
  b.started_at,
  b.failing_at,
  b.finished_at,
  b.rebuilt_from_id,
  b.fetched_at,
  b.web_url
FROM builds AS b
LEFT JOIN pipelines AS p ON p.id = b.pipeline_id
