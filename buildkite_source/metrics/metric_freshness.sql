-- What is loaded of each pipeline, how fresh it is, and what is missing.
--
-- Numbers between the first and the last build that are not there were deleted, have left
-- Buildkite's retention, or lie in a span that was not loaded: metric_coverage tells the latter.
--
-- Grain: pipeline
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?
-- Columns:
--   as_of: The moment the data of the organization is of.
--   builds: Builds that are loaded.
--   open_builds: Of them, those that have not settled.
--   missing_builds: Of those, the ones the API does not return any more.
--   first_created_at: Creation of the oldest build that is loaded.
--   last_created_at: Creation of the newest.
--   last_fetched_at: When the API last sent one of them.
--   first_number: Lowest build number.
--   last_number: Highest build number.
--   number_gaps: Numbers in between without a build.
SELECT
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  c.as_of,
  count(*) AS builds,
  count(*) FILTER (WHERE NOT b.is_settled) AS open_builds,
  count(*) FILTER (WHERE NOT b.is_settled AND m.id IS NOT NULL) AS missing_builds,
  min(b.created_at) AS first_created_at,
  max(b.created_at) AS last_created_at,
  max(b.fetched_at) AS last_fetched_at,
  min(b.build_number) AS first_number,
  max(b.build_number) AS last_number,
  max(b.build_number) - min(b.build_number) + 1 - count(*) AS number_gaps
FROM metric_build_classes AS b
JOIN metric_clock AS c ON c.organization_id = b.organization_id
LEFT JOIN missing_builds AS m ON m.id = b.build_id
GROUP BY 1, 2, 3, 4, 5
