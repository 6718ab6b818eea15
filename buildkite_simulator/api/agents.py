"""Agents: the list shows those that are connected, each can be had in any state."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.render.fleet import render_agents
from buildkite_simulator.world.agents import agent_of, agents_of


def list_agents(call: Call) -> Response:
    """`GET …/agents`, by exact name, hostname and version, and by queue."""
    organization = call.organization
    agents = agents_of(organization, call.at)
    for name in ("name", "hostname", "version"):
        wanted = call.query.one(name)
        if wanted:
            agents = [agent for agent in agents if getattr(agent, name) == wanted]
    queue = call.query.one("cluster_queue_id")
    if queue:
        agents = [agent for agent in agents if agent.queue.id == queue]
    return call.page(render_agents(agents, organization, call.at, call.renderer.context))


def get_agent(call: Call) -> Response:
    """`GET …/agents/{id}`, in any state."""
    organization = call.organization
    agent = agent_of(organization, call.path["key"], call.at)
    if agent is None:
        raise ApiError(404, "No agent found")
    (row,) = render_agents([agent], organization, call.at, call.renderer.context)
    return json_response(row)
