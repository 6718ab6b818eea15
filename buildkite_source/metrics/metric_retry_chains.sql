-- Attempts of jobs that were retried, with their place in the chain.
--
-- A chain is linked by retried_in_job_id, and is named by its first attempt. Grouped, so that a
-- database sees that a job has one row, and leaves the join out where nothing is asked of it.
--
-- Grain: attempt that was retried or is a retry
-- Key: job_id
-- Columns:
--   logical_job_id: First attempt of the chain.
--   attempt_number: Place in the chain, from 1.
WITH RECURSIVE chains AS (
  SELECT first.id AS job_id, first.id AS logical_job_id, 1 AS attempt_number
  FROM jobs AS first
  LEFT JOIN jobs AS earlier ON earlier.retried_in_job_id = first.id
  WHERE first.retried_in_job_id IS NOT NULL AND earlier.id IS NULL
  UNION ALL
  SELECT j.retried_in_job_id, c.logical_job_id, c.attempt_number + 1
  FROM chains AS c
  JOIN jobs AS j ON j.id = c.job_id
  WHERE j.retried_in_job_id IS NOT NULL
)
SELECT job_id, min(logical_job_id) AS logical_job_id, min(attempt_number) AS attempt_number
FROM chains
GROUP BY job_id
