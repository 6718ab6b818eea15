-- Logical jobs: chains of attempts with the result of the last one.
--
-- Retry success = recovered / retried logical jobs, by how the last attempt came about and by what
-- the first attempt died of.
--
-- Grain: logical job
-- Key: logical_job_id
-- Columns:
--   logical_job_id: First attempt.
--   last_job_id: Last attempt.
--   attempts: Attempts of the chain.
--   result: Result of the last attempt.
--   retry_kind: automatic or manual: how the last attempt came about; NULL without a retry.
--   first_result: Result of the first attempt, if there was a retry.
--   first_exit_status: Its exit status.
--   first_signal_reason: Its signal reason.
--   is_recovered: Retried, and the last attempt passed.
--   settled_at: When the last attempt settled; NULL while open.
SELECT
  last.logical_job_id,
  last.job_id AS last_job_id,
  last.organization_id,
  last.organization_slug,
  last.pipeline_id,
  last.pipeline_slug,
  last.build_id,
  last.build_number,
  last.branch_class,
  last.commit,
  last.type,
  last.step,
  last.parallel_group_index,
  last.attempt_number AS attempts,
  last.result,
  last.retry_source_type AS retry_kind,
  first.result AS first_result,
  first.exit_status AS first_exit_status,
  first.signal_reason AS first_signal_reason,
  last.attempt_number > 1 AND last.result = 'passed' AS is_recovered,
  last.settled_at
FROM metric_attempts AS last
LEFT JOIN metric_attempts AS first
  ON first.job_id = last.logical_job_id AND NOT first.is_last
WHERE last.is_last
