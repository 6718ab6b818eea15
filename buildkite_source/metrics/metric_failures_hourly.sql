-- Failed attempts by class.
--
-- Grain: step, failure class, hour
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, step,
--   failure_class, hour
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   failure_class: As in metric_failures.
--   hour: Hour (UTC) of settled_at.
--   failures: Failed attempts, retried ones too.
--   hard_failures: Of them, the last of their chain.
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  step,
  failure_class,
  hour_of(settled_at) AS hour,
  count(*) AS failures,
  count(*) FILTER (WHERE is_hard_failure) AS hard_failures
FROM metric_failures
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
