-- Agents' connections and disconnections, as events told them; the API forgets those that left.
--
-- Each event of an agent begins a state, which ends with the agent's next event. An event that was
-- not received leaves the state before it standing. since_at is when it happened, or where that was
-- not sent, when its first copy was received. Two events of one moment have no time between them.
--
-- Grain: state of an agent
-- Key: agent_id, state, since_at
-- Columns:
--   agent_id: Agent; joins agents.id as long as the API knows it.
--   agent_name: Its name.
--   organization_slug: Organization slug; NULL where it was not sent.
--   state: connected, stopping, stopped, disconnected, lost or blocked: the event's name.
--   since_at: When it began.
--   until_at: When the agent's next event began; NULL for its last one.
--   state_seconds: until_at - since_at.
WITH told AS (
  SELECT
    agent_id,
    replace(event, 'agent.', '') AS state,
    coalesce(
      occurred_at,
      min(received_at) OVER (PARTITION BY agent_id, event, agent_connection_state)
    ) AS since_at,
    agent_name,
    organization_slug
  FROM events
  WHERE agent_id IS NOT NULL AND event LIKE 'agent.%'
), states AS (
  SELECT
    agent_id,
    state,
    since_at,
    max(agent_name) AS agent_name,
    max(organization_slug) AS organization_slug
  FROM told
  GROUP BY 1, 2, 3
), ordered AS (
  SELECT
    *,
    min(since_at) OVER (
      PARTITION BY agent_id ORDER BY since_at, state
      ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING
    ) AS until_at
  FROM states
)
SELECT
  agent_id,
  agent_name,
  organization_slug,
  state,
  since_at,
  until_at,
  seconds_between(since_at, until_at) AS state_seconds
FROM ordered
