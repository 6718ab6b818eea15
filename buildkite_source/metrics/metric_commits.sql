-- Commits of each pipeline: how long to green, and whether they were built on red.
--
-- Time to green: from the creation of the commit's first build to the finish of its first passed
-- build. Commits on red = commits built on the default branch while main was red / commits built
-- on the default branch, by main_built_at.
--
-- Grain: pipeline, commit
-- Columns:
--   first_built_at: When its first build was created.
--   builds: Builds of it, open ones too.
--   passed: Settled passed builds of it.
--   failed: Settled failed builds of it.
--   first_passed_at: Finish of its first passed build.
--   time_to_green_seconds: first_passed_at - first_built_at.
--   main_built_at: When its first build on the default branch was created.
--   on_red: Main was red then; NULL when it was not built on the default branch.
WITH counted AS (
  SELECT
    organization_id,
    organization_slug,
    pipeline_id,
    pipeline_slug,
    commit,
    min(created_at) AS first_built_at,
    count(*) AS builds,
    count(*) FILTER (WHERE is_settled AND state = 'passed') AS passed,
    count(*) FILTER (WHERE is_settled AND state = 'failed') AS failed,
    min(CASE WHEN is_settled AND state = 'passed' THEN finished_at END) AS first_passed_at,
    min(CASE WHEN branch_class = 'default branch' THEN created_at END) AS main_built_at
  FROM metric_build_classes
  WHERE commit IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5
), red AS (
  SELECT DISTINCT c.pipeline_id, c.commit
  FROM counted AS c
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
FROM counted AS c
LEFT JOIN red AS r ON r.pipeline_id = c.pipeline_id AND r.commit = c.commit
