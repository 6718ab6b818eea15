-- Deployments: passed and failed builds of the default branch of pipelines marked as deploying.
--
-- Lead time: from the creation of the commit's first build, in any pipeline of the organization,
-- to the finish of the deployment that passed; the API does not tell the time of the commit. A build
-- that stands at a block step has not been let go: it is no deployment yet, whatever its state.
-- Recovery: from a failed deployment's finish to the next passed one's. Only the first failure of a
-- row of them has a recovery time, so that an outage counts once.
--
-- Grain: deployment
-- Key: build_id
-- Columns:
--   is_failure: The build failed.
--   commit_built_at: When the commit's first build was created.
--   lead_seconds: To finished_at, of one that passed.
--   recovered_at: Finish of the next deployment that passed, of the first failure in a row.
--   recovery_seconds: recovered_at - finished_at.
WITH deployed AS (
  SELECT
    b.*,
    lag(b.state) OVER (PARTITION BY b.pipeline_id ORDER BY b.finished_at, b.build_number)
      AS state_before,
    min(CASE WHEN b.state = 'passed' THEN b.finished_at END) OVER (
      PARTITION BY b.pipeline_id ORDER BY b.finished_at, b.build_number
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS next_passed_at
  FROM metric_build_classes AS b
  JOIN metric_deploying_pipelines AS d ON d.pipeline_id = b.pipeline_id
  WHERE b.branch_class = 'default branch' AND b.is_settled
    AND NOT b.is_blocked AND b.state IN ('passed', 'failed') AND b.finished_at IS NOT NULL
), firsts AS (
  SELECT organization_id, commit, min(first_built_at) AS commit_built_at
  FROM metric_commit_builds
  GROUP BY 1, 2
)
SELECT
  d.build_id,
  d.organization_id,
  d.organization_slug,
  d.pipeline_id,
  d.pipeline_slug,
  d.build_number,
  d.commit,
  d.state,
  d.finished_at,
  d.state = 'failed' AS is_failure,
  f.commit_built_at,
  CASE WHEN d.state = 'passed' THEN seconds_between(f.commit_built_at, d.finished_at) END
    AS lead_seconds,
  CASE
    WHEN d.state = 'failed' AND coalesce(d.state_before, 'passed') = 'passed'
    THEN d.next_passed_at
  END AS recovered_at,
  CASE
    WHEN d.state = 'failed' AND coalesce(d.state_before, 'passed') = 'passed'
    THEN seconds_between(d.finished_at, d.next_passed_at)
  END AS recovery_seconds,
  d.web_url
FROM deployed AS d
LEFT JOIN firsts AS f ON f.organization_id = d.organization_id AND f.commit = d.commit
