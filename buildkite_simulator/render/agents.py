"""Agents as JSON."""

from buildkite_simulator.instants import MINUTE, NEVER, iso
from buildkite_simulator.render.context import WEB, Context, Row, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.agents import Work, agent_pause, as_stopped, connection_state
from buildkite_simulator.world.machines import Agent
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import Pause


def agent_reference(agent: Agent, organization: Organization, context: Context) -> Row:
    """Render the agent of a job in few words."""
    url = f"{context.organization_url(organization)}/agents/{agent.id}"
    return {"id": agent.id, "url": url, "name": agent.name}


def agent_fields(agent: Agent, at: int, organization: Organization, context: Context) -> Row:
    """Render the agent of a job."""
    return {
        "id": agent.id,
        "graphql_id": graphql_id("Agent", agent.id),
        "url": f"{context.organization_url(organization)}/agents/{agent.id}",
        "web_url": f"{WEB}/organizations/{organization.slug}/agents/{agent.id}",
        "name": agent.name,
        "connection_state": connection_state(as_stopped(organization, agent), at),
        "hostname": agent.hostname,
        "ip_address": agent.ip_address,
        "user_agent": f"buildkite-agent/{agent.version}.x (linux; amd64)",
        "version": agent.version,
        "creator": None,
        "created_at": iso(agent.connected),
        "job": None,
        "priority": 0,
        "meta_data": [f"queue={agent.queue.key}", f"os={agent.queue.os}"],
    }


def whole_agent(
    agent: Agent,
    at: int,
    organization: Organization,
    context: Context,
    work: Work,
    job: Row | None,
) -> Row:
    """Render an agent by itself, with the job it runs."""
    fields = agent_fields(agent, at, organization, context) | {"job": job}
    left = iso(agent.disconnected)
    state = connection_state(agent, at)
    if context.switches.optional_agent_fields:
        fields |= {
            "os_id": agent.queue.os,
            "arch": agent.queue.arch,
            "queue": agent.queue.key,
            "connected_at": iso(agent.connected),
            "disconnected_at": left if state == "disconnected" else None,
            "lost_at": left if state == "lost" else None,
            "stopped_at": left if state == "stopped" else None,
            "last_job_finished_at": iso(work.finished),
        }
    if context.switches.go_client_fields:
        pause = agent_pause(organization, agent, at)
        fields |= {
            "paused": pause is not None,
            "paused_at": pause and iso(pause.since),
            "paused_by": pause and user_fields(pause.by),
            "paused_note": pause and pause.note,
            "paused_timeout_in_minutes": pause and _timeout(pause),
        }
    return fields


def _timeout(pause: Pause) -> int | None:
    """Return after how many minutes a pause ends by itself."""
    return None if pause.until == NEVER else (pause.until - pause.since) // MINUTE
