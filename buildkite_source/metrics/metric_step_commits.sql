-- What each step did at each commit: the rows behind flakiness.
--
-- Flaky: same pipeline, step and commit with at least one failed attempt (failed, timed out or
-- expired, not softly) and one passed attempt: within a build (a retry), across builds (a rebuild
-- of the commit), or both.
--
-- Grain: step, commit
-- Key: organization_id, pipeline_id, step, parallel_group_index?, commit
-- Materialized: by pipeline_id, commit
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   builds: Builds of the commit in which the step passed or failed.
--   passed_attempts: Attempts that passed.
--   failed_attempts: Attempts that failed.
--   flaky_within_build: Failed and passed in one build.
--   flaky_across_builds: Failed in one build and passed in another.
--   is_flaky: Either of them.
--   settled_at: When the last of these attempts settled.
WITH by_build AS (
  SELECT
    build_id,
    step,
    parallel_group_index,
    count(*) FILTER (WHERE is_failure) AS failed,
    count(*) FILTER (WHERE NOT is_failure) AS passed,
    max(settled_at) AS settled_at
  FROM metric_attempts
  WHERE commit IS NOT NULL AND (is_failure OR result = 'passed')
  GROUP BY 1, 2, 3
), counted AS (
  SELECT
    b.organization_id,
    b.pipeline_id,
    t.step,
    t.parallel_group_index,
    b.commit,
    count(*) AS builds,
    count(*) FILTER (WHERE t.failed > 0) AS failed_builds,
    count(*) FILTER (WHERE t.passed > 0) AS passed_builds,
    count(*) FILTER (WHERE t.failed > 0 AND t.passed > 0) AS mixed_builds,
    CAST(sum(t.passed) AS BIGINT) AS passed_attempts,
    CAST(sum(t.failed) AS BIGINT) AS failed_attempts,
    max(t.settled_at) AS settled_at
  FROM by_build AS t
  JOIN metric_build_classes AS b ON b.build_id = t.build_id
  GROUP BY 1, 2, 3, 4, 5
)
SELECT
  organization_id,
  pipeline_id,
  step,
  parallel_group_index,
  commit,
  builds,
  passed_attempts,
  failed_attempts,
  mixed_builds > 0 AS flaky_within_build,
  -- Pairs of a failed and a passed build, less those of a build with itself.
  failed_builds * passed_builds > mixed_builds AS flaky_across_builds,
  failed_builds > 0 AND passed_builds > 0 AS is_flaky,
  settled_at
FROM counted
