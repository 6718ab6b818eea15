-- Settled builds by result.
--
-- Success rate = passed / (passed + failed); clean success rate = clean_passed / (passed + failed).
-- The gap is instability that retries hide. Canceled, skipped and not_run are in neither. Sum the
-- counts to days, weeks or months first, divide then.
--
-- Grain: pipeline, branch class, hour
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, hour
-- Columns:
--   hour: Hour (UTC) of settled_at.
--   builds: Settled builds.
--   clean_passed: Passed without any failed attempt.
--   standing: Of those that passed or failed, how many stand blocked.
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  hour_of(settled_at) AS hour,
  count(*) AS builds,
  count(*) FILTER (WHERE state = 'passed') AS passed,
  count(*) FILTER (WHERE is_clean) AS clean_passed,
  count(*) FILTER (WHERE state = 'failed') AS failed,
  count(*) FILTER (WHERE state = 'canceled') AS canceled,
  count(*) FILTER (WHERE state = 'skipped') AS skipped,
  count(*) FILTER (WHERE state = 'not_run') AS not_run,
  count(*) FILTER (WHERE is_blocked AND state IN ('passed', 'failed')) AS standing
FROM metric_builds
WHERE is_settled
GROUP BY 1, 2, 3, 4, 5, 6
