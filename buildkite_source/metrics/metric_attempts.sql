-- Attempts of script and trigger jobs with their step, logical job, result and waits.
--
-- A logical job is the chain linked by retried_in_job_id, and is named by its first attempt. Step
-- identity is the pipeline, the step and parallel_group_index; the step is its key, or its name
-- without emoji codes, else its command, followed by the matrix values of the job if it has any.
-- A failure is an attempt that failed, timed out or expired, and not softly; a hard failure is one
-- that is the last of its chain. Queue wait leaves out the wait for a concurrency group.
--
-- Grain: attempt
-- Key: job_id
-- Materialized: by build_id
-- Columns:
--   step: Key or normalised name of the step.
--   logical_job_id: First attempt of the chain.
--   attempt_number: Place in the chain, from 1.
--   is_last: No later attempt replaced it.
--   result: passed, soft_failed, failed, timed_out, expired, canceled, skipped, broken or open.
--   is_failure: failed, timed_out or expired.
--   is_hard_failure: A failure that is the last of its chain.
--   queue: Queue asked for, else that of the agent, else of the agent's tag, else default.
--   settled_at: finished_at, or created_at of an attempt that has none; NULL while open.
--   queue_wait_seconds: started_at - runnable_at of a script job that started.
--   concurrency_wait_seconds: Wait for its concurrency group; 0 = passed without waiting.
--   dependency_wait_seconds: runnable_at - the build's started_at, at least 0.
--   run_seconds: finished_at - started_at.
--   agent_seconds: run_seconds of a script job, at most 24 hours; 0 if no agent ran it.
WITH names AS (
  -- Many jobs share few names: each is normalised once.
  SELECT name, plain_name(name) AS plain FROM jobs WHERE step_key IS NULL GROUP BY name
)
SELECT
  j.id AS job_id,
  j.organization_id,
  b.organization_slug,
  j.pipeline_id,
  b.pipeline_slug,
  j.build_id,
  j.build_number,
  b.branch,
  b.branch_class,
  b.commit,
  j.type,
  step_of(j.step_key, n.plain, j.command, matrix_of(j.matrix_text, j.matrix)) AS step,
  j.parallel_group_index,
  coalesce(c.logical_job_id, j.id) AS logical_job_id,
  coalesce(c.attempt_number, 1) AS attempt_number,
  j.retried_in_job_id IS NULL AS is_last,
  coalesce(j.retried, FALSE) AS retried,
  j.retry_type,
  j.retry_source_type,
  j.state,
  CASE
    WHEN fails_softly(j.state, j.soft_failed) THEN 'soft_failed'
    WHEN j.state IN (
      'passed', 'failed', 'timed_out', 'expired', 'canceled', 'skipped', 'broken'
    ) THEN j.state
    ELSE 'open'
  END AS result,
  fails(j.state, j.soft_failed) AS is_failure,
  fails(j.state, j.soft_failed) AND j.retried_in_job_id IS NULL AS is_hard_failure,
  j.exit_status,
  j.signal_reason,
  j.cluster_id,
  coalesce(j.queue, j.agent_queue, queue_tag(j.agent_meta_data), 'default') AS queue,
  j.agent_id,
  j.agent_name,
  CASE
    WHEN j.state IN (
      'passed', 'failed', 'timed_out', 'expired', 'canceled', 'skipped', 'broken'
    ) THEN coalesce(j.finished_at, j.created_at)
  END AS settled_at,
  j.created_at,
  j.runnable_at,
  j.started_at,
  j.finished_at,
  CASE WHEN j.type = 'script' THEN seconds_between(j.runnable_at, j.started_at) END
    AS queue_wait_seconds,
  j.concurrency_wait_time_ms / 1000 AS concurrency_wait_seconds,
  CASE
    WHEN j.runnable_at > b.started_at THEN seconds_between(b.started_at, j.runnable_at)
    WHEN j.runnable_at <= b.started_at THEN 0
  END AS dependency_wait_seconds,
  seconds_between(j.started_at, j.finished_at) AS run_seconds,
  CASE
    WHEN j.type = 'script' AND j.finished_at > j.started_at
    THEN least(seconds_between(j.started_at, j.finished_at), 86400)
    ELSE 0
  END AS agent_seconds,
  j.web_url
FROM jobs AS j
JOIN metric_build_classes AS b ON b.build_id = j.build_id
LEFT JOIN metric_retry_chains AS c ON c.job_id = j.id
LEFT JOIN names AS n ON n.name = j.name
WHERE j.type IN ('script', 'trigger')
