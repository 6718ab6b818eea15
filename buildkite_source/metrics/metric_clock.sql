-- The moment the data is of: "now" of every view.
--
-- The API's time of the newest version of a build. Every run asks again for builds that are open,
-- so while one is open this is the time of the last run. A view that took the database's own clock
-- would let jobs wait on while nobody loads.
--
-- Grain: organization
-- Key: organization_id
-- Columns:
--   as_of: Newest builds.fetched_at.
SELECT
  organization_id,
  max(fetched_at) AS as_of
FROM builds
GROUP BY 1
