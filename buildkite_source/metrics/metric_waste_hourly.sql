-- Agent time that was spent again.
--
-- Sums of metric_agent_time, which says what counts as waste.
--
-- Grain: pipeline, queue, hour
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, cluster_id?,
--   queue, hour
-- Columns:
--   hour: Hour (UTC) of finished_at.
--   attempts: Attempts that were wasted.
--   retry_hours: Agent time of replaced attempts.
--   rebuild_hours: Agent time of rebuilds of what had passed.
--   waste_hours: Both.
--   is_priced: The queue has a price.
--   cost: waste_hours x price; NULL without a price.
SELECT
  organization_id,
  organization_slug,
  pipeline_id,
  pipeline_slug,
  branch_class,
  cluster_id,
  queue,
  hour_of(finished_at) AS hour,
  count(*) AS attempts,
  sum(CASE WHEN spent_by = 'retry' THEN agent_seconds ELSE 0 END) / 3600 AS retry_hours,
  sum(CASE WHEN spent_by = 'rebuild' THEN agent_seconds ELSE 0 END) / 3600 AS rebuild_hours,
  sum(agent_seconds) / 3600 AS waste_hours,
  price_per_hour IS NOT NULL AS is_priced,
  sum(agent_seconds) / 3600 * price_per_hour AS cost
FROM metric_agent_time
WHERE spent_by <> 'first' AND agent_seconds > 0
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, price_per_hour
