"""People of an organization, those asked to join, and what was done in it."""

from .context import HAPPENED, ORGANIZATION, ORGANIZATION_SLUG, SEEN, key
from .decode import without_credentials
from .model import (
    DERIVABLE_URL,
    GRAPHQL_ID,
    ORGANIZATION_ID,
    Column,
    Kind,
    Table,
    user_columns,
    user_omissions,
)

ORGANIZATION_MEMBERS = Table(
    name="organization_members",
    description="One row per member of an organization; a user has one in each organization",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations/members",
    columns=(
        Column("id", Kind.TEXT, "id", "User id (UUID)", required=True),
        key(ORGANIZATION_ID),
        ORGANIZATION_SLUG,
        Column("name", Kind.TEXT, "name", "Name", personal=True),
        Column("email", Kind.TEXT, "email", "E-mail", personal=True),
        Column("role", Kind.TEXT, "role", "admin or member"),
        Column(
            "sso_mode",
            Kind.TEXT,
            "sso_mode",
            "required or optional; null unless the token's user may see it",
        ),
        *SEEN,
    ),
    primary_key=("organization_id", "id"),
)

INVITATIONS = Table(
    name="invitations",
    description="One row per invitation that was pending when a load came by",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations/invitations",
    columns=(
        Column("id", Kind.TEXT, "id", "Invitation id (UUID)", required=True),
        *ORGANIZATION,
        Column("email", Kind.TEXT, "email", "Who is asked to join: e-mail", personal=True),
        Column("state", Kind.TEXT, "state", "pending, accepted, revoked or expired"),
        Column("role", Kind.TEXT, "role", "Role on joining: admin or member"),
        Column("sso_mode", Kind.TEXT, "sso_mode", "Single sign-on on joining: required, optional"),
        Column("teams", Kind.JSON, "teams", "Teams to join, an array of objects"),
        *user_columns("created_by", "Who invited"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was sent"),
        *user_columns("accepted_by", "Who accepted"),
        Column("accepted_at", Kind.TIMESTAMP, "accepted_at", "When it was accepted"),
        *user_columns("revoked_by", "Who revoked it"),
        Column("revoked_at", Kind.TIMESTAMP, "revoked_at", "When it was revoked"),
        Column("expired_at", Kind.TIMESTAMP, "expired_at", "When it expired"),
        *HAPPENED,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        **user_omissions("created_by"),
        **user_omissions("accepted_by"),
        **user_omissions("revoked_by"),
    },
)

AUDIT_EVENTS = Table(
    name="audit_events",
    description="One row per entry of the organization's audit log",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations/audit-events",
    columns=(
        Column("uuid", Kind.TEXT, "uuid", "Event id (UUID)", required=True),
        *ORGANIZATION,
        Column("type", Kind.TEXT, "type", "What happened, such as PipelineUpdatedEvent"),
        Column("occurred_at", Kind.TIMESTAMP, "occurred_at", "When it happened"),
        Column("actor_type", Kind.TEXT, "actor.type", "Who did it: kind of actor"),
        Column("actor_uuid", Kind.TEXT, "actor.uuid", "Who did it: id"),
        Column("actor_name", Kind.TEXT, "actor.name", "Who did it: name", personal=True),
        Column("subject_type", Kind.TEXT, "subject.type", "To what it was done: kind of thing"),
        Column("subject_uuid", Kind.TEXT, "subject.uuid", "To what it was done: id"),
        Column(
            "subject_name",
            Kind.TEXT,
            "subject.name",
            "To what it was done: name; a person's where people are changed",
            personal=True,
        ),
        Column(
            "context",
            Kind.JSON,
            "context",
            "How it was done: IP address, user agent and more, keys vary by its type",
            personal=True,
            convert=without_credentials,
        ),
        Column(
            "data",
            Kind.JSON,
            "data",
            "Details, keys vary by type; without keys that may hold credentials",
            personal=True,
            convert=without_credentials,
        ),
        *HAPPENED,
    ),
    omitted={"graphql_id": GRAPHQL_ID, "url": DERIVABLE_URL},
    primary_key=("uuid",),
)
