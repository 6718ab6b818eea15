"""Members of an organization and invitations to it, as JSON."""

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import Context, Row, graphql_id
from buildkite_simulator.render.people import reference
from buildkite_simulator.world.chance import chance
from buildkite_simulator.world.invitations import Invitation, invitations_of
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.people import User
from buildkite_simulator.world.teams import is_admin

_BYPASSES_SSO = 0.1


def member_rows(organization: Organization, at: int, _context: Context) -> list[Row]:
    """Render the members."""
    return [
        {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "role": "admin" if is_admin(organization, user) else "member",
            "sso_mode": _sso_mode(user.id),
        }
        for user in organization.users
        if user.created <= at
    ]


def invitation_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the invitations that are pending: no others are listed."""
    rows = all_invitation_rows(organization, at, context)
    return [row for row in rows if row["state"] == "pending"]


def all_invitation_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the invitations of any state."""
    return [
        _invitation(invitation, organization, at, context)
        for invitation in invitations_of(organization, at)
    ]


def _invitation(
    invitation: Invitation, organization: Organization, at: int, context: Context
) -> Row:
    state = invitation.state(at)
    return {
        "id": invitation.id,
        "graphql_id": graphql_id("OrganizationInvitation", invitation.id),
        "url": f"{context.organization_url(organization)}/invitations/{invitation.id}",
        "email": invitation.email,
        "state": state,
        "role": "member",
        "sso_mode": _sso_mode(invitation.id),
        "teams": [
            {"id": team.id, "graphql_id": graphql_id("Team", team.id), "slug": team.slug}
            for team in invitation.teams
        ],
        "created_at": iso(invitation.created),
        "created_by": _inviter(invitation.created_by),
        "accepted_at": iso(invitation.accepted) if state == "accepted" else None,
        "accepted_by": _inviter(invitation.user) if state == "accepted" else None,
        "revoked_at": iso(invitation.revoked) if state == "revoked" else None,
        "revoked_by": _inviter(invitation.created_by) if state == "revoked" else None,
        "expired_at": iso(invitation.expired) if state == "expired" else None,
    }


def _inviter(user: User | None) -> Row | None:
    return reference(user, "id", "name", "email")


def _sso_mode(identity: str) -> str:
    return "optional" if chance(identity, "sso") < _BYPASSES_SSO else "required"
