"""What is done to agents: stopped, paused, resumed."""

from buildkite_simulator.instants import MINUTE, NEVER
from buildkite_simulator.world.agents import agent_of, agent_pause, busy_until, connection_state
from buildkite_simulator.world.machines import Agent, Stop
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.office import Office
from buildkite_simulator.world.people import Pause, User
from buildkite_simulator.world.store import RefusedError


class Fleet(Office):
    """Moves that concern one agent.

    Nothing is documented of the jobs that a stopped agent runs: in this world they go on to
    their end.
    """

    def stop_agent(
        self,
        organization: str | Organization,
        agent_id: str,
        *,
        force: bool = True,
        at: int | None = None,
    ) -> None:
        """Stop an agent: at once, or once it has finished the jobs it runs."""
        with self.lock:
            owner, agent, now = self._agent(organization, agent_id, at)
            if connection_state(agent, now) != "connected":
                raise RefusedError(400, "Can only stop connected agents")
            gone = now if force else busy_until(owner, agent, now)
            owner.stops[agent.id] = Stop(now, gone)
            self.epoch += 1
            # Builds show the agents of their jobs.
            self.plan(gone, self._forget)

    def pause_agent(
        self,
        organization: str | Organization,
        agent_id: str,
        note: str | None = None,
        minutes: int | None = None,
        *,
        by: User | None = None,
        at: int | None = None,
    ) -> None:
        """Let an agent take no jobs, for a time or until somebody resumes it."""
        with self.lock:
            owner, agent, now = self._agent(organization, agent_id, at)
            if connection_state(agent, now) != "connected" or agent_pause(owner, agent, now):
                raise RefusedError(422, "Only connected agents that are not paused can be paused")
            until = NEVER if minutes is None else now + minutes * MINUTE
            made = owner.agent_pauses.setdefault(agent.id, {})
            made[now] = Pause(now, until, by or owner.users[0], note)

    def resume_agent(
        self, organization: str | Organization, agent_id: str, *, at: int | None = None
    ) -> None:
        """Let a paused agent take jobs again."""
        with self.lock:
            owner, agent, now = self._agent(organization, agent_id, at)
            pause = agent_pause(owner, agent, now)
            if pause is None:
                raise RefusedError(422, "Only paused agents can be resumed")
            made = owner.agent_pauses.setdefault(agent.id, {})
            made[pause.since] = pause._replace(until=now)

    def _agent(
        self, organization: str | Organization, agent_id: str, at: int | None
    ) -> tuple[Organization, Agent, int]:
        owner = self.organization(organization)
        now = self.catch_up() if at is None else at
        agent = agent_of(owner, agent_id, now)
        if agent is None:
            raise RefusedError(404, "No agent found")
        return owner, agent, now

    def _forget(self, _: int) -> None:
        self.epoch += 1
