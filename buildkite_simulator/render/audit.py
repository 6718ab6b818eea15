"""The audit log as JSON."""

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import Context, Row, graphql_id
from buildkite_simulator.world.audit import audit_events_of
from buildkite_simulator.world.chance import number
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import Deed


def audit_event_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the audit log, newest first."""
    base = f"{context.organization_url(organization)}/audit_events"
    return [
        {
            "uuid": identity,
            "graphql_id": graphql_id("AuditEvent", identity),
            "url": f"{base}/{identity}",
            "type": f"{deed.type}Event",
            "occurred_at": iso(deed.at),
            "actor": actor_of(deed),
            "subject": {
                "type": deed.subject.type,
                "uuid": deed.subject.id,
                "name": deed.subject.name,
            },
            "context": _context(deed),
            "data": dict(deed.data),
        }
        for identity, deed in audit_events_of(organization, at)
    ]


def actor_of(deed: Deed) -> Row | None:
    """Render who did something."""
    if deed.actor is None:
        return None
    return {"type": "USER", "uuid": deed.actor.id, "name": deed.actor.name}


def _context(deed: Deed) -> Row | None:
    """Render where a request came from; what nobody did came from nowhere."""
    if deed.actor is None:
        return None
    return {
        "type": "web",
        "request_ip_address": f"203.0.113.{number(deed.actor.id) % 256}",
        "request_user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    }
