-- Attempts that failed, timed out or expired, with the class of the failure.
--
-- Class, the first that fits: expired (no agent came), timed out, agent lost (exit status -1), the
-- signal reason, the exit status. Retried attempts are in it; is_hard_failure tells those that were
-- the last of their chain. Annotations and logs of the same attempts: metric_failure_annotations
-- and metric_failure_signatures, where they are loaded.
--
-- Grain: failed attempt
-- Key: job_id
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   failure_class: expired, timed out, agent lost, signal and its reason, exit and its status, or unknown.
--   is_hard_failure: It was the last of its chain.
SELECT
  job_id,
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  build_id,
  build_number,
  branch,
  branch_class,
  commit,
  step,
  parallel_group_index,
  CASE
    WHEN result = 'expired' THEN 'expired'
    WHEN result = 'timed_out' THEN 'timed out'
    WHEN exit_status = -1 THEN 'agent lost'
    WHEN signal_reason <> '' THEN 'signal ' || signal_reason
    WHEN exit_status IS NOT NULL THEN 'exit ' || CAST(exit_status AS TEXT)
    ELSE 'unknown'
  END AS failure_class,
  is_hard_failure,
  exit_status,
  signal_reason,
  queue,
  agent_id,
  agent_name,
  settled_at,
  web_url
FROM metric_attempts
WHERE is_failure
