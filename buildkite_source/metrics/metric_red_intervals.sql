-- When the default branch was red.
--
-- From a failed build's finish to the next passed build's finish; builds that stand blocked count
-- as what their state says, canceled and other builds do not change the colour. An interval without a next passed build is open: still red
-- since red_from. Flake: the failing commit also passed, in any build of the pipeline; otherwise
-- incident.
--
-- Grain: red interval of a pipeline
-- Key: build_id
-- Columns:
--   build_id: The failed build that began it.
--   red_from: Finish of the failed build.
--   red_to: Finish of the next passed build; NULL while open.
--   is_open: Still red as of the last load.
--   red_seconds: To red_to, or to as_of while open.
--   failed_builds: Failed builds in it.
--   cause: flake or incident.
WITH builds_on_main AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY pipeline_id ORDER BY finished_at, build_number) AS place,
    lag(state) OVER (PARTITION BY pipeline_id ORDER BY finished_at, build_number) AS state_before,
    count(*) OVER (PARTITION BY pipeline_id) AS builds
  FROM metric_build_classes
  WHERE branch_class = 'default branch' AND is_settled
    AND state IN ('passed', 'failed') AND finished_at IS NOT NULL
), turns AS (
  SELECT
    *,
    lead(finished_at) OVER (PARTITION BY pipeline_id ORDER BY place) AS red_to,
    lead(place) OVER (PARTITION BY pipeline_id ORDER BY place) AS place_after
  FROM builds_on_main
  WHERE state <> coalesce(state_before, 'passed')
), green AS (
  SELECT DISTINCT pipeline_id, commit
  FROM metric_build_classes
  WHERE is_settled AND state = 'passed' AND commit IS NOT NULL
)
SELECT
  t.organization_id,
  t.organization_slug,
  t.pipeline_id,
  t.pipeline_slug,
  t.branch,
  t.build_id,
  t.build_number,
  t.commit,
  t.finished_at AS red_from,
  t.red_to,
  t.red_to IS NULL AS is_open,
  seconds_between(t.finished_at, coalesce(t.red_to, c.as_of)) AS red_seconds,
  coalesce(t.place_after, t.builds + 1) - t.place AS failed_builds,
  CASE WHEN g.commit IS NULL THEN 'incident' ELSE 'flake' END AS cause,
  t.web_url
FROM turns AS t
JOIN metric_clock AS c ON c.organization_id = t.organization_id
LEFT JOIN green AS g ON g.pipeline_id = t.pipeline_id AND g.commit = t.commit
WHERE t.state = 'failed'
