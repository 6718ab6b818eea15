-- Time a job spent in each state, as events told it.
--
-- Each event of a job begins a state, which ends with the job's next event: scheduled is the wait
-- for an agent, started the work, promised_exit_status the work after its end was announced. An
-- event that was not received leaves the state before it standing. since_at is when it happened, or
-- where that was not sent, when its first copy was received. Times of webhooks are whole seconds.
--
-- Grain: state of a job
-- Key: job_id, state, since_at
-- Columns:
--   step_key: Key of its step; NULL where it has none, or it was not sent.
--   state: scheduled, started, promised_exit_status, activated or finished: the event's name.
--   since_at: When it began.
--   until_at: When the job's next event began; NULL for its last one.
--   state_seconds: until_at - since_at.
WITH told AS (
  SELECT
    job_id,
    replace(event, 'job.', '') AS state,
    coalesce(
      occurred_at,
      min(received_at) OVER (PARTITION BY job_id, event)
    ) AS since_at,
    build_id,
    pipeline_id,
    pipeline_slug,
    job_step_key
  FROM events
  WHERE job_id IS NOT NULL AND event LIKE 'job.%'
), states AS (
  SELECT
    job_id,
    state,
    since_at,
    max(build_id) AS build_id,
    max(pipeline_id) AS pipeline_id,
    max(pipeline_slug) AS pipeline_slug,
    max(job_step_key) AS step_key
  FROM told
  GROUP BY 1, 2, 3
), ordered AS (
  SELECT
    *,
    min(since_at) OVER (
      PARTITION BY job_id
      ORDER BY since_at, CASE state WHEN 'finished' THEN 2 WHEN 'scheduled' THEN 0 ELSE 1 END, state
      ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING
    ) AS until_at
  FROM states
)
SELECT
  job_id,
  build_id,
  pipeline_id,
  pipeline_slug,
  step_key,
  state,
  since_at,
  until_at,
  seconds_between(since_at, until_at) AS state_seconds
FROM ordered
