"""Where jobs run: queues, and agents, which come and go."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of a cluster: how long its jobs wait, and whether its logs lack timestamps."""

    id: str
    key: str
    cluster_id: str
    wait_seconds: float = 6.0
    busy_factor: float = 4.0
    agents: int = 12
    os: str = "linux"
    arch: str = "amd64"
    plain_logs: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        return self.key


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent process; it lives for part of a day."""

    id: str
    name: str
    hostname: str
    ip_address: str
    version: str
    queue: Queue
    connected: int
    stopping: int
    disconnected: int
    ending: Literal["disconnected", "stopped", "lost"]


class Stop(NamedTuple):
    """When an agent was told to stop, and when it is gone."""

    asked: int
    gone: int
