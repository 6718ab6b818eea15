-- Agent time of attempts: what it cost, and whether it was spent again.
--
-- Retry waste = all attempts but the last of each chain, plus whole rebuilds of a commit that had
-- passed: builds made by Buildkite's Rebuild (rebuilt_from) after an earlier build of that commit
-- had passed. A build that a schedule, trigger or person starts anew is none. No attempt counts
-- twice: in such a rebuild all are its waste. Cost = agent_seconds / 3600 x price_per_hour.
--
-- Grain: script attempt that an agent ran to its end
-- Key: job_id
-- Columns:
--   agent_seconds: finished_at - started_at, at most 24 hours.
--   is_capped: It was cut at 24 hours.
--   spent_by: first: no waste; retry: a later attempt replaced it; rebuild: of what had passed.
--   price_per_hour: Price of the queue; NULL without one.
WITH rebuilds AS (
  SELECT DISTINCT b.build_id
  FROM metric_build_classes AS b
  JOIN metric_build_classes AS c
    ON c.pipeline_id = b.pipeline_id AND c.commit = b.commit AND c.is_settled
    AND c.state = 'passed' AND c.finished_at <= b.created_at
  WHERE b.rebuilt_from_id IS NOT NULL
)
SELECT
  a.job_id,
  a.organization_id,
  a.organization_slug,
  a.pipeline_id,
  a.pipeline_slug,
  a.build_id,
  a.branch_class,
  a.step,
  a.cluster_id,
  a.queue,
  a.finished_at,
  a.agent_seconds,
  a.run_seconds > a.agent_seconds AS is_capped,
  CASE
    WHEN r.build_id IS NOT NULL THEN 'rebuild'
    WHEN a.is_last THEN 'first'
    ELSE 'retry'
  END AS spent_by,
  p.price_per_hour
FROM metric_attempts AS a
LEFT JOIN rebuilds AS r ON r.build_id = a.build_id
LEFT JOIN metric_queue_prices AS p ON p.queue = a.queue
WHERE a.type = 'script' AND a.started_at IS NOT NULL AND a.finished_at IS NOT NULL
