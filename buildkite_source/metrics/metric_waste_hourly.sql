-- Agent time that was spent again.
--
-- Retry waste = all attempts but the last of each chain, plus whole rebuilds of a commit that had
-- passed: builds made by Buildkite's Rebuild (rebuilt_from) after an earlier build of that commit
-- had passed. A build that a schedule, trigger or person starts anew is none. No attempt counts
-- twice: in such a rebuild all are its waste.
--
-- Grain: pipeline, queue, hour
-- Columns:
--   hour: Hour (UTC) of finished_at.
--   attempts: Attempts that were wasted.
--   retry_hours: Agent time of replaced attempts.
--   rebuild_hours: Agent time of rebuilds of what had passed.
--   waste_hours: Both.
--   is_priced: The queue has a price.
--   cost: waste_hours x price; NULL without a price.
WITH rebuilds AS (
  SELECT b.build_id
  FROM metric_build_classes AS b
  JOIN metric_commits AS c ON c.pipeline_id = b.pipeline_id AND c.commit = b.commit
  WHERE b.rebuilt_from_id IS NOT NULL AND c.first_passed_at <= b.created_at
), wasted AS (
  SELECT a.*, r.build_id IS NOT NULL AS is_rebuild
  FROM metric_attempts AS a
  LEFT JOIN rebuilds AS r ON r.build_id = a.build_id
  WHERE a.agent_seconds > 0 AND (r.build_id IS NOT NULL OR NOT a.is_last)
)
SELECT
  w.organization_id,
  w.organization_slug,
  w.pipeline_id,
  w.pipeline_slug,
  w.branch_class,
  w.cluster_id,
  w.queue,
  hour_of(w.finished_at) AS hour,
  count(*) AS attempts,
  sum(CASE WHEN w.is_rebuild THEN 0 ELSE w.agent_seconds END) / 3600 AS retry_hours,
  sum(CASE WHEN w.is_rebuild THEN w.agent_seconds ELSE 0 END) / 3600 AS rebuild_hours,
  sum(w.agent_seconds) / 3600 AS waste_hours,
  p.price_per_hour IS NOT NULL AS is_priced,
  sum(w.agent_seconds) / 3600 * p.price_per_hour AS cost
FROM wasted AS w
LEFT JOIN metric_queue_prices AS p ON p.queue = w.queue
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, p.price_per_hour
