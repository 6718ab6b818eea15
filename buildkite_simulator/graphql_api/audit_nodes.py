"""The audit log as GraphQL sees it: with the time filters that REST lacks."""

import re
from typing import Any

from graphql import GraphQLError

from buildkite_simulator.graphql_api.connections import connection
from buildkite_simulator.graphql_api.view import Sight, moment
from buildkite_simulator.instants import NEVER, iso
from buildkite_simulator.render.audit import actor_of
from buildkite_simulator.render.context import graphql_id
from buildkite_simulator.world.audit import audit_events_of
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import Deed

Node = dict[str, Any]


def audit_events(sight: Sight, organization: Organization, _info: Any, **arguments: Any) -> Node:
    """Return `Organization.auditEvents`, newest first."""
    if "audit_events" in organization.withheld:
        raise GraphQLError("Forbidden")
    since = moment(arguments.get("occurredAtFrom"), 0)
    until = moment(arguments.get("occurredAtTo"), NEVER)
    rows = [
        (identity, deed)
        for identity, deed in audit_events_of(organization, sight.at)
        if since <= deed.at < until
    ]
    return connection(rows, lambda row: audit_event_node(*row), lambda row: row[0], arguments)


def audit_event_node(identity: str, deed: Deed) -> Node:
    """Return an entry of the audit log; `PipelineUpdatedEvent` is `PIPELINE_UPDATED` here."""
    return {
        "__typename": "AuditEvent",
        "id": graphql_id("AuditEvent", identity),
        "uuid": identity,
        "type": re.sub(r"(?<!^)(?=[A-Z])", "_", deed.type).upper(),
        "occurredAt": iso(deed.at),
        "actor": actor_of(deed),
        "subject": {
            "type": deed.subject.type,
            "uuid": deed.subject.id,
            "name": deed.subject.name,
        },
        "data": dict(deed.data),
    }
