-- Agent time and what it cost.
--
-- Sum of finished_at - started_at of script attempts, at most 24 hours an attempt, by the hour in
-- which they finished. Cost = agent_hours x price of the queue. A queue without a price is listed
-- with cost NULL and is_priced false, never as 0: show its hours beside the total.
--
-- Grain: pipeline, queue, hour
-- Key: organization_id, organization_slug?, pipeline_id, pipeline_slug?, branch_class, cluster_id?,
--   queue, hour
-- Columns:
--   hour: Hour (UTC) of finished_at.
--   attempts: Script attempts that an agent ran.
--   capped_attempts: Of them, those cut at 24 hours.
--   agent_hours: Agent time in hours.
--   is_priced: The queue has a price.
--   cost: agent_hours x price; NULL without a price.
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
  count(*) FILTER (WHERE is_capped) AS capped_attempts,
  sum(agent_seconds) / 3600 AS agent_hours,
  price_per_hour IS NOT NULL AS is_priced,
  sum(agent_seconds) / 3600 * price_per_hour AS cost
FROM metric_agent_time
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, price_per_hour
