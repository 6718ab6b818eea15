"""The agent fleet: machines that come and go several times a day, the same for every run."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from buildkite_simulator.instants import DAY, HOUR, MINUTE, time_ordered_uuid, uuid_instant
from buildkite_simulator.world.machines import Agent, Queue
from buildkite_simulator.world.model import Job, Organization
from buildkite_simulator.world.people import Pause

_SHIFT = 12 * HOUR
_LONGEST_LIFE = 20 * HOUR
_STOPPING = 6 * MINUTE
_VERSIONS = ("3.98.2", "3.101.0", "3.103.1", "3.104.0")
_ENDINGS: tuple[Literal["disconnected", "stopped", "lost"], ...] = (
    "disconnected",
    "stopped",
    "disconnected",
    "stopped",
    "disconnected",
    "lost",
)


@dataclass(slots=True)
class Work:
    """What an agent is doing, and when it last finished a job."""

    job: Job | None = None
    finished: int | None = None


def agent_for(organization: Organization, queue: Queue, at: int, dice: int) -> Agent:
    """Return the agent of a queue that takes a job at an instant; `dice` picks one of them.

    One that somebody stopped or paused takes none, as long as others are there to take it.
    """
    shift = at // _SHIFT
    agents = (_agent(queue, shift, (dice + step) % queue.agents) for step in range(queue.agents))
    free = (agent for agent in agents if not _withdrawn(organization, agent, at))
    return next(free, _agent(queue, shift, dice % queue.agents))


def as_stopped(organization: Organization, agent: Agent) -> Agent:
    """Return an agent as it is since somebody stopped it, or as it was."""
    stop = organization.stops.get(agent.id)
    if stop is None:
        return agent
    return replace(agent, stopping=stop.asked, disconnected=stop.gone, ending="stopped")


def connection_state(agent: Agent, at: int) -> str:
    """Return the state the API shows of an agent."""
    if at >= agent.disconnected:
        return agent.ending
    return "stopping" if at >= agent.stopping else "connected"


def agents_of(organization: Organization, at: int) -> list[Agent]:
    """Return the agents that are connected or stopping, newest first."""
    connected = [
        agent
        for queue in organization.queues.values()
        for shift in range((at - _LONGEST_LIFE) // _SHIFT, at // _SHIFT + 2)
        for index in range(queue.agents)
        for agent in (as_stopped(organization, _agent(queue, shift, index)),)
        if agent.connected <= at < agent.disconnected
    ]
    return sorted(connected, key=lambda agent: agent.id, reverse=True)


def agent_of(organization: Organization, identity: str, at: int) -> Agent | None:
    """Return an agent that has connected by now, by id: its time tells its shift."""
    connected = uuid_instant(identity)
    if connected is None or not organization.created <= connected <= at:
        return None
    shift = connected // _SHIFT + 1
    for queue in organization.queues.values():
        for index in range(queue.agents):
            agent = _agent(queue, shift, index)
            if agent.id == identity:
                return as_stopped(organization, agent)
    return None


def work_of(organization: Organization, at: int) -> dict[str, Work]:
    """Return what the agents of late have worked on, by agent id.

    An agent of this world may run several jobs at once; the one it began last is its job.
    """
    works: dict[str, Work] = {}
    for build in organization.builds:
        if build.shown_from > at or build.stages[-1].closed < at - _LONGEST_LIFE:
            continue
        for job in build.visible_jobs(at):
            if job.agent is None or job.started is None or job.started > at:
                continue
            work = works.setdefault(job.agent.id, Work())
            if job.finished is not None and job.finished <= at:
                work.finished = max(job.finished, work.finished or 0)
            elif work.job is None or (work.job.started or 0) < job.started:
                work.job = job
    return works


def busy_until(organization: Organization, agent: Agent, at: int) -> int:
    """Return when an agent will have finished the jobs it runs, at most when it goes anyway."""
    ends = [
        job.finished or agent.disconnected
        for build in organization.builds
        for job in build.visible_jobs(at)
        if job.agent is not None and job.agent.id == agent.id
        if job.started is not None and job.started <= at < (job.finished or agent.disconnected)
    ]
    return min(max(ends, default=at), agent.disconnected)


def agent_pause(organization: Organization, agent: Agent, at: int) -> Pause | None:
    """Return the pause an agent is in: one somebody made, or an hour in which it is looked at."""
    pauses: dict[int, Pause] = {}
    if int(agent.id[-2:], 16) % 9 == 0:
        since = agent.connected + 2 * HOUR
        pauses[since] = Pause(since, since + HOUR, None, "Disk is being looked at")
    pauses |= organization.agent_pauses.get(agent.id, {})
    return next((each for each in pauses.values() if each.since <= at < each.until), None)


def _withdrawn(organization: Organization, agent: Agent, at: int) -> bool:
    """Tell whether somebody has stopped an agent, or paused it."""
    # Asked for every attempt of a job; hardly any agent is in either.
    stop, made = organization.stops.get(agent.id), organization.agent_pauses.get(agent.id)
    if made and any(pause.since <= at < pause.until for pause in made.values()):
        return True
    return stop is not None and at >= stop.asked


@lru_cache(maxsize=20_000)
def _agent(queue: Queue, shift: int, index: int) -> Agent:
    connected = shift * _SHIFT - (index % 17) * MINUTE - 20 * MINUTE
    disconnected = connected + _SHIFT + 6 * HOUR + (index % 7) * MINUTE
    agent_id = time_ordered_uuid(connected, queue.id, shift, index)
    host = agent_id[-8:]
    ending = _ENDINGS[int(host, 16) % len(_ENDINGS)]
    return Agent(
        id=agent_id,
        name=f"{queue.key}-{host}-{index + 1}",
        hostname=f"mac-{index + 1:02d}.local" if queue.os == "darwin" else f"i-0{host}",
        ip_address=f"10.{shift % 200}.{index // 250}.{index % 250 + 4}",
        version=_VERSIONS[shift * _SHIFT // (40 * DAY) % len(_VERSIONS)],
        queue=queue,
        connected=connected,
        stopping=disconnected - _STOPPING if ending == "stopped" else disconnected,
        disconnected=disconnected,
        ending=ending,
    )
