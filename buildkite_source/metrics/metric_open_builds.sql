-- Builds that have not settled, as of the last load.
--
-- They are left out of every rate. A build that stands blocked is among them if no work was done
-- before the block, or the setting blocked_builds says so; metric_standing_builds has all of those
-- that stand. is_missing: the API does not return it any more, so nobody
-- will learn how it ended. A build that was last seen long before as_of is no longer followed
-- (setting open_days).
--
-- Grain: open build
-- Key: build_id
-- Columns:
--   as_of: The moment the data is of.
--   age_seconds: Since it was created.
--   last_seen_at: When the API last returned it.
--   is_missing: Gone from the API.
SELECT
  b.build_id,
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  b.build_number,
  b.branch,
  b.branch_class,
  b.state,
  b.is_blocked,
  b.created_at,
  b.started_at,
  c.as_of,
  seconds_between(b.created_at, c.as_of) AS age_seconds,
  b.fetched_at AS last_seen_at,
  m.id IS NOT NULL AS is_missing,
  b.web_url
FROM metric_build_classes AS b
JOIN metric_clock AS c ON c.organization_id = b.organization_id
LEFT JOIN missing_builds AS m ON m.id = b.build_id
WHERE NOT b.is_settled
