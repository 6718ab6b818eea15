-- Commits of each pipeline: how long to green, and whether they were built on red.
--
-- Time to green: from the creation of the commit's first build to the finish of its first passed
-- build. Commits on red = commits built on the default branch while main was red / commits built
-- on the default branch, by main_built_at.
--
-- Grain: pipeline, commit
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, commit
-- Columns:
--   first_built_at: When its first build was created.
--   builds: Builds of it, open ones too.
--   passed: Settled passed builds of it.
--   failed: Settled failed builds of it.
--   first_passed_at: Finish of its first passed build.
--   time_to_green_seconds: first_passed_at - first_built_at.
--   main_built_at: When its first build on the default branch was created.
--   on_red: Main was red then; NULL when it was not built on the default branch.
WITH red AS (
  SELECT DISTINCT c.pipeline_id, c.commit
  FROM metric_commit_builds AS c
  JOIN metric_red_intervals AS r
    ON r.pipeline_id = c.pipeline_id
    AND c.main_built_at >= r.red_from
    AND c.main_built_at < coalesce(r.red_to, far_future())
)
SELECT
  c.organization_id,
  c.organization_slug,
  c.pipeline_id,
  c.pipeline_slug,
  c.commit,
  c.first_built_at,
  c.builds,
  c.passed,
  c.failed,
  c.first_passed_at,
  seconds_between(c.first_built_at, c.first_passed_at) AS time_to_green_seconds,
  c.main_built_at,
  CASE WHEN c.main_built_at IS NOT NULL THEN r.commit IS NOT NULL END AS on_red
FROM metric_commit_builds AS c
LEFT JOIN red AS r ON r.pipeline_id = c.pipeline_id AND r.commit = c.commit
