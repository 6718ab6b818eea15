"""Agents: listed while connected, had in any state; stopped, paused and resumed."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, invalid, json_response
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


def stop_agent(call: Call) -> Response:
    """`PUT …/agents/{id}/stop`: at once unless `force` is false."""
    force = call.json_body().get("force", True)
    if not isinstance(force, bool):
        raise invalid("force")
    call.world.stop_agent(call.organization, call.path["key"], force=force, at=call.at)
    return Response(status_code=204)


def pause_agent(call: Call) -> Response:
    """`PUT …/agents/{id}/pause`, with a note and a timeout, or the switch's."""
    sent = call.json_body()
    minutes = sent.get("timeout_in_minutes", call.switches.agent_pause_minutes)
    note = sent.get("note")
    if minutes is not None and (type(minutes) is not int or minutes < 1):
        raise invalid("timeout_in_minutes")
    if note is not None and not isinstance(note, str):
        raise invalid("note")
    call.world.pause_agent(call.organization, call.path["key"], note, minutes, at=call.at)
    return Response(status_code=204)


def resume_agent(call: Call) -> Response:
    """`PUT …/agents/{id}/resume`."""
    call.world.resume_agent(call.organization, call.path["key"], at=call.at)
    return Response(status_code=204)
