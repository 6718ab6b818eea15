-- Agent time and what it cost.
--
-- Sum of finished_at - started_at of script attempts, at most 24 hours an attempt, by the hour in
-- which they finished. Cost = agent_hours x price of the queue. A queue without a price is listed
-- with cost NULL and is_priced false, never as 0: show its hours beside the total.
--
-- Grain: pipeline, queue, hour
-- Columns:
--   hour: Hour (UTC) of finished_at.
--   attempts: Script attempts that an agent ran.
--   capped_attempts: Of them, those cut at 24 hours.
--   agent_hours: Agent time in hours.
--   is_priced: The queue has a price.
--   cost: agent_hours x price; NULL without a price.
SELECT
  a.organization_id,
  a.organization_slug,
  a.pipeline_id,
  a.pipeline_slug,
  a.branch_class,
  a.cluster_id,
  a.queue,
  hour_of(a.finished_at) AS hour,
  count(*) AS attempts,
  count(*) FILTER (WHERE a.run_seconds > a.agent_seconds) AS capped_attempts,
  sum(a.agent_seconds) / 3600 AS agent_hours,
  p.price_per_hour IS NOT NULL AS is_priced,
  sum(a.agent_seconds) / 3600 * p.price_per_hour AS cost
FROM metric_attempts AS a
LEFT JOIN metric_queue_prices AS p ON p.queue = a.queue
WHERE a.type = 'script' AND a.started_at IS NOT NULL AND a.finished_at IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, p.price_per_hour
