-- Logical jobs that were retried, and how many of them passed in the end.
--
-- Retry success = recovered / retried_jobs.
--
-- Grain: step, retry kind, first exit status, first signal reason, hour
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, step,
--   retry_kind?, first_exit_status?, first_signal_reason?, hour
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   retry_kind: automatic or manual: how the last attempt came about.
--   first_exit_status: Exit status of the first attempt.
--   first_signal_reason: Signal reason of the first attempt.
--   hour: Hour (UTC) in which the last attempt settled.
--   retried_jobs: Logical jobs with more than one attempt.
--   recovered: Those whose last attempt passed.
--   attempts: Their attempts.
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  step,
  retry_kind,
  first_exit_status,
  first_signal_reason,
  hour_of(settled_at) AS hour,
  count(*) AS retried_jobs,
  count(*) FILTER (WHERE is_recovered) AS recovered,
  CAST(sum(attempts) AS BIGINT) AS attempts
FROM metric_jobs
WHERE attempts > 1 AND settled_at IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
