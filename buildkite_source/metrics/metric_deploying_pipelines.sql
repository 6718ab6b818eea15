-- Pipelines marked as deploying.
--
-- Those with the tag deploy, and those named in the setting deploying_pipelines of
-- [sources.buildkite_source] by slug.
--
-- Grain: pipeline that deploys
-- Key: pipeline_id
-- Columns:
--   is_tagged: It has the tag; else the setting names it.
SELECT
  p.organization_id,
  p.organization_slug,
  p.id AS pipeline_id,
  p.slug AS pipeline_slug,
  coalesce(CAST(p.tags AS TEXT) LIKE '%"deploy"%', FALSE) AS is_tagged
FROM pipelines AS p
LEFT JOIN (SELECT DISTINCT slug FROM given_deploying_pipelines) AS given ON given.slug = p.slug
WHERE CAST(p.tags AS TEXT) LIKE '%"deploy"%' OR given.slug IS NOT NULL
