-- Attempts of each step by result.
--
-- Job reliability = passed / (passed + soft_failed + hard_failed). First-attempt pass rate =
-- first_passed / first_attempts. Retry rate = retried / attempts.
--
-- Grain: step, branch class, hour
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, step,
--   parallel_group_index?, hour
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   hour: Hour (UTC) of settled_at.
--   attempts: Settled attempts.
--   soft_failed: Failed in a way the step allows.
--   hard_failed: Failed, timed out or expired as the last of its chain.
--   timed_out: Attempts that timed out, retried ones too.
--   expired: Attempts that no agent took in time.
--   first_attempts: First attempts that passed or failed, softly or not.
--   first_passed: Those of them that passed.
--   retried: Attempts that a later one replaced.
--   agent_seconds: Agent time, at most 24 hours an attempt.
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  step,
  parallel_group_index,
  hour_of(settled_at) AS hour,
  count(*) AS attempts,
  count(*) FILTER (WHERE result = 'passed') AS passed,
  count(*) FILTER (WHERE result = 'soft_failed') AS soft_failed,
  count(*) FILTER (WHERE is_hard_failure) AS hard_failed,
  count(*) FILTER (WHERE result = 'timed_out') AS timed_out,
  count(*) FILTER (WHERE result = 'expired') AS expired,
  count(*) FILTER (WHERE result = 'canceled') AS canceled,
  count(*) FILTER (
    WHERE logical_job_id = job_id AND (result IN ('passed', 'soft_failed') OR is_failure)
  ) AS first_attempts,
  count(*) FILTER (WHERE logical_job_id = job_id AND result = 'passed') AS first_passed,
  count(*) FILTER (WHERE retried) AS retried,
  sum(agent_seconds) AS agent_seconds
FROM metric_attempts
WHERE result <> 'open'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
