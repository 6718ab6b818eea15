"""Who belongs to an organization, what happened in it, and how it is set."""

from buildkite_source.client import Body
from buildkite_source.tables import (
    API_SETTINGS,
    AUDIT_EVENTS,
    EMOJIS,
    INVITATIONS,
    ORGANIZATION_MEMBERS,
    PIPELINE_SETTINGS,
)

from .model import Endpoint

_O = "organizations/{organization_slug}"

ORGANIZATION = (
    Endpoint(ORGANIZATION_MEMBERS, f"{_O}/members", "read_organizations", group="organization"),
    Endpoint(
        INVITATIONS,
        f"{_O}/invitations",
        "read_organization_invitations",
        group="organization",
        body=Body.WRAPPED,
    ),
    Endpoint(
        AUDIT_EVENTS,
        f"{_O}/audit_events",
        "read_audit_events",
        group="organization",
        body=Body.WRAPPED,
        newest="occurred_at",
    ),
    Endpoint(
        API_SETTINGS,
        f"{_O}/api-settings",
        "read_organization_settings",
        group="organization",
        body=Body.OBJECT,
    ),
    Endpoint(
        PIPELINE_SETTINGS,
        f"{_O}/pipeline-settings",
        "read_organization_settings",
        group="organization",
        body=Body.OBJECT,
    ),
    Endpoint(EMOJIS, f"{_O}/emojis", None, group="organization", paged=False),
)
