"""Clusters: their queues, when these are paused, and the tokens agents register with."""

from collections.abc import Iterator
from typing import NamedTuple

from buildkite_simulator.instants import DAY, HOUR, MINUTE, NEVER, time_ordered_uuid
from buildkite_simulator.world.chance import number
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.machines import Queue
from buildkite_simulator.world.model import Cluster, Organization
from buildkite_simulator.world.people import Pause, User

_WEEK = 7 * DAY
_SUNDAY = 3 * DAY
_MAINTENANCE = 45 * MINUTE
_ROTATED_EVERY = 30 * DAY
_TOKEN_LIFE = 75 * DAY


class AgentToken(NamedTuple):
    """What the agents of a cluster register with."""

    id: str
    name: str
    created: int
    expires: int | None
    created_by: User


def clusters_of(organization: Organization, at: int) -> list[Cluster]:
    """Return the clusters of an organization, newest first."""
    return [each for each in organization.clusters.values() if each.created <= at][::-1]


def pause_of(organization: Organization, queue: Queue, at: int) -> Pause | None:
    """Return the pause a queue is in, if it is: one somebody made, or weekly maintenance."""
    planned = maintenance(organization, queue, at - at % _WEEK)
    pauses = organization.pauses.get(queue.id, [])
    for pause in (*pauses, planned):
        if pause is not None and pause.since <= at < pause.until:
            return pause
    return None


def pauses_of(organization: Organization, queue: Queue, since: int, at: int) -> Iterator[Pause]:
    """Yield the maintenance of a queue that began after `since`; it is nobody's doing."""
    for week in range(since - since % _WEEK, at + 1, _WEEK):
        pause = maintenance(organization, queue, week)
        if pause is not None and since < pause.since <= at:
            yield pause


def maintenance(organization: Organization, queue: Queue, week: int) -> Pause | None:
    """Return when a queue rests in a week: on Sunday night, the default queue never."""
    if queue.key == "default":
        return None
    since = week + _SUNDAY + (1 + number(queue.id, "maintenance") % 4) * HOUR
    return Pause(since, since + _MAINTENANCE, None, named(organization, "Weekly maintenance"))


def tokens_of(cluster: Cluster, at: int) -> list[AgentToken]:
    """Return the tokens of a cluster that have not expired, newest first."""
    rotated = [token for token in rotation(cluster, at) if at < (token.expires or NEVER)]
    first = AgentToken(
        id=time_ordered_uuid(cluster.created, cluster.id, "token"),
        name=named(cluster.organization, "Default token"),
        created=cluster.created,
        expires=None,
        created_by=cluster.organization.users[0],
    )
    return [*rotated, first]


def rotation(cluster: Cluster, at: int) -> list[AgentToken]:
    """Return the tokens that were made every month to replace each other, newest first."""
    start = cluster.created + number(cluster.id, "rotation") % _ROTATED_EVERY
    return [
        AgentToken(
            id=time_ordered_uuid(created, cluster.id, "token", created),
            name=named(cluster.organization, f"Rotated {(created - start) // _ROTATED_EVERY + 1}"),
            created=created,
            expires=created + _TOKEN_LIFE,
            created_by=cluster.organization.users[0],
        )
        for created in range(start, at + 1, _ROTATED_EVERY)
    ][::-1]
