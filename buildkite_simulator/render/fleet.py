"""The agents of an organization with what they run, as JSON."""

from buildkite_simulator.render.agents import whole_agent
from buildkite_simulator.render.context import Context, Row
from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.world.agents import Work, agents_of, work_of
from buildkite_simulator.world.machines import Agent
from buildkite_simulator.world.model import Organization


def agent_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the agents that are connected or stopping."""
    return render_agents(agents_of(organization, at), organization, at, context)


def render_agents(
    agents: list[Agent], organization: Organization, at: int, context: Context
) -> list[Row]:
    """Render agents with their jobs, which in turn say nothing of their agents."""
    works = work_of(organization, at)
    rows = []
    for agent in agents:
        work = works.get(agent.id, Work())
        job: Row | None = None
        if work.job is not None:
            job = job_fields(work.job, at, context, embedded=False) | {"agent": None}
        rows.append(whole_agent(agent, at, organization, context, work, job))
    return rows
