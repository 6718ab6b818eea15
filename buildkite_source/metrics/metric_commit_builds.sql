-- Commits of each pipeline, counted from their builds alone.
--
-- What metric_commits says of a commit without the colour of main, which takes longer to know.
--
-- Grain: pipeline, commit
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, commit
-- Columns:
--   first_built_at: When its first build was created.
--   builds: Builds of it, open ones too.
--   passed: Settled passed builds of it.
--   failed: Settled failed builds of it.
--   first_passed_at: Finish of its first passed build.
--   main_built_at: When its first build on the default branch was created.
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
