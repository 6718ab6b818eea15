"""The audit log: moves as they were made, and what follows from the organization itself.

An entry never changes and never goes, so it is made only of what does neither.
"""

from collections.abc import Iterator

from buildkite_simulator.instants import DAY, NEVER, time_ordered_uuid
from buildkite_simulator.world.clusters import pauses_of, rotation
from buildkite_simulator.world.invitations import invitations_of
from buildkite_simulator.world.model import Cluster, Organization
from buildkite_simulator.world.people import Deed, Subject

_BEGAN_AFTER = 720 * DAY


def audit_events_of(organization: Organization, at: int) -> list[tuple[str, Deed]]:
    """Return the entries of an organization's audit log with their ids, newest first."""
    journal = [
        (_identity(organization, deed, position), deed)
        for position, deed in enumerate(organization.journal)
    ]
    routine = [(_identity(organization, deed), deed) for deed in _routine(organization, at)]
    happened = [each for each in (*journal, *routine) if each[1].at <= at]
    return sorted(happened, key=lambda each: (each[1].at, each[0]), reverse=True)


def _identity(organization: Organization, deed: Deed, position: int = -1) -> str:
    return time_ordered_uuid(deed.at, organization.id, deed.type, deed.subject.id, position)


def _routine(organization: Organization, at: int) -> Iterator[Deed]:
    began = organization.created + _BEGAN_AFTER
    for deed in _of_invitations(organization, at):
        if deed.at >= began:
            yield deed
    for cluster in organization.clusters.values():
        for deed in _of_cluster(cluster, began, at):
            if deed.at >= began:
                yield deed


def _of_invitations(organization: Organization, at: int) -> Iterator[Deed]:
    for invitation in invitations_of(organization, at):
        subject = Subject("ORGANIZATION_INVITATION", invitation.id, invitation.email)
        by = invitation.created_by
        yield Deed(invitation.created, "OrganizationInvitationCreated", subject, by, {})
        revoked = invitation.revoked or NEVER
        yield Deed(revoked, "OrganizationInvitationRevoked", subject, by, {})


def _of_cluster(cluster: Cluster, since: int, at: int) -> Iterator[Deed]:
    for token in rotation(cluster, at):
        subject = Subject("CLUSTER_TOKEN", token.id, token.name)
        data = {"cluster_id": cluster.id, "description": token.name}
        yield Deed(token.created, "ClusterTokenCreated", subject, token.created_by, data)
    for queue in cluster.queues:
        subject = Subject("CLUSTER_QUEUE", queue.id, queue.key)
        for pause in pauses_of(cluster.organization, queue, since, at):
            data = {"note": pause.note or ""}
            yield Deed(pause.since, "ClusterQueueDispatchPaused", subject, pause.by, data)
            yield Deed(pause.until, "ClusterQueueDispatchResumed", subject, pause.by, {})
