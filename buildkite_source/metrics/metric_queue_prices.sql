-- Prices of queues, as they were set.
--
-- From the setting [sources.buildkite_source.queue_prices], queue = price per hour of agent time.
-- Empty when nothing is set.
--
-- Grain: queue with a price
-- Columns:
--   queue: Key of the queue, in every organization and cluster.
--   price_per_hour: In the currency of whoever set it.
SELECT queue, price_per_hour FROM given_queue_prices
