"""The agent fleet: machines that come and go several times a day, the same for every run."""

from functools import lru_cache

from buildkite_simulator.instants import DAY, HOUR, MINUTE, time_ordered_uuid
from buildkite_simulator.world.model import Agent, Queue

_SHIFT = 12 * HOUR
_VERSIONS = ("3.98.2", "3.101.0", "3.103.1", "3.104.0")


def agent_for(queue: Queue, at: int, dice: int) -> Agent:
    """Return the agent of a queue that takes a job at an instant; `dice` picks one of them."""
    return _agent(queue, at // _SHIFT, dice % queue.agents)


@lru_cache(maxsize=20_000)
def _agent(queue: Queue, shift: int, index: int) -> Agent:
    connected = shift * _SHIFT - (index % 17) * MINUTE - 20 * MINUTE
    agent_id = time_ordered_uuid(connected, queue.id, shift, index)
    host = agent_id[-8:]
    return Agent(
        id=agent_id,
        name=f"{queue.key}-{host}-{index + 1}",
        hostname=f"mac-{index + 1:02d}.local" if queue.os == "darwin" else f"i-0{host}",
        ip_address=f"10.{shift % 200}.{index // 250}.{index % 250 + 4}",
        version=_VERSIONS[shift * _SHIFT // (40 * DAY) % len(_VERSIONS)],
        queue=queue,
        connected=connected,
        disconnected=connected + _SHIFT + 6 * HOUR + (index % 7) * MINUTE,
    )
