-- Settled builds by when they were created.
--
-- Throughput = settled builds a day. Open builds are beside it, so that the last days do not seem
-- to have lost work.
--
-- Grain: pipeline, branch class, source, creator, hour
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, source?,
--   creator_id?, creator_name?, hour
-- Columns:
--   hour: Hour (UTC) of created_at.
--   builds: Settled builds.
--   open_builds: Builds that have not settled.
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  source,
  creator_id,
  creator_name,
  hour_of(created_at) AS hour,
  count(*) FILTER (WHERE is_settled) AS builds,
  count(*) FILTER (WHERE is_settled AND state = 'passed') AS passed,
  count(*) FILTER (WHERE is_settled AND state = 'failed') AS failed,
  count(*) FILTER (WHERE is_settled AND state = 'canceled') AS canceled,
  count(*) FILTER (WHERE is_settled AND state = 'skipped') AS skipped,
  count(*) FILTER (WHERE is_settled AND state = 'not_run') AS not_run,
  count(*) FILTER (WHERE NOT is_settled) AS open_builds
FROM metric_build_classes
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
