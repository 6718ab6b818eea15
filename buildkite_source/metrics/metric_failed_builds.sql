-- Failed builds: what hard-failed first, and whether flakes alone failed them.
--
-- Failed only by flakes: every step with a hard failure also passed at that commit, in this build
-- or in another. A failed build without a hard failure of its own jobs (a soft one alone, or jobs
-- that are not loaded) is not called so.
--
-- Grain: settled failed build
-- Key: build_id
-- Materialized: by build_id
-- Columns:
--   hard_failures: Hard failures in it.
--   only_flakes: Failed only by flakes.
--   first_job_id: Hard failure that ended first.
--   first_step: Its step.
--   first_parallel_group_index: Its place among the parallel jobs of the step.
--   first_failed_at: When it ended.
WITH failures AS (
  SELECT
    a.build_id,
    a.job_id,
    a.step,
    a.parallel_group_index,
    a.settled_at,
    coalesce(s.is_flaky, FALSE) AS is_flaky,
    row_number() OVER (PARTITION BY a.build_id ORDER BY a.settled_at, a.job_id) AS place
  FROM metric_attempts AS a
  LEFT JOIN metric_step_commits AS s
    ON s.pipeline_id = a.pipeline_id AND s.step = a.step AND s.commit = a.commit
    AND coalesce(s.parallel_group_index, -1) = coalesce(a.parallel_group_index, -1)
    AND s.is_flaky
  WHERE a.is_hard_failure
), counted AS (
  SELECT
    build_id,
    count(*) AS hard_failures,
    count(*) FILTER (WHERE is_flaky) AS flaky_failures,
    max(CASE WHEN place = 1 THEN job_id END) AS job_id,
    max(CASE WHEN place = 1 THEN step END) AS step,
    max(CASE WHEN place = 1 THEN parallel_group_index END) AS parallel_group_index,
    max(CASE WHEN place = 1 THEN settled_at END) AS failed_at
  FROM failures
  GROUP BY 1
)
SELECT
  b.build_id,
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  b.build_number,
  b.branch,
  b.branch_class,
  b.commit,
  b.settled_at,
  coalesce(c.hard_failures, 0) AS hard_failures,
  coalesce(c.hard_failures = c.flaky_failures, FALSE) AS only_flakes,
  c.job_id AS first_job_id,
  c.step AS first_step,
  c.parallel_group_index AS first_parallel_group_index,
  c.failed_at AS first_failed_at,
  b.web_url
FROM metric_build_classes AS b
LEFT JOIN counted AS c ON c.build_id = b.build_id
WHERE b.is_settled AND b.state = 'failed'
