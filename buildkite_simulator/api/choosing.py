"""What a few lists of the organization side do in their own way: filters and odd parents."""

from uuid import UUID

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError
from buildkite_simulator.render.context import Row
from buildkite_simulator.render.repositories import Connection, connections_of
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.teams import teams_of, users_in


def teams_of_user(call: Call, rows: list[Row]) -> list[Row]:
    """Keep the teams of the user asked for."""
    wanted = call.query.one("user_id")
    if not wanted:
        return rows
    ids = {
        team.id
        for team in teams_of(call.organization, call.at)
        if any(user.id == wanted for user, _ in users_in(team, call.at))
    }
    return [row for row in rows if row["id"] in ids]


def repository_of_name(call: Call, rows: list[Row]) -> list[Row]:
    """Keep the repository asked for, in whatever case."""
    wanted = (call.query.one("repository") or "").lower()
    return [row for row in rows if not wanted or row["full_name"].lower() == wanted]


def organization_asked_by_uuid(call: Call) -> Organization:
    """Return the organization, if what is asked of it has the form of a UUID."""
    if "key" in call.path:
        _check_uuid(call.path["key"])
    return call.organization


def listable_connection(call: Call) -> Connection:
    """Return the connection of the path, if its repositories can be listed."""
    identity = call.path["repository_connection"]
    _check_uuid(identity)
    for connection in connections_of(call.organization, call.at):
        if connection.id == identity:
            if not connection.lists_repositories:
                raise ApiError(422, "Repositories of this connection type can't be listed")
            return connection
    raise ApiError(404, "No repository connection found")


def _check_uuid(text: str) -> None:
    try:
        UUID(text)
    except ValueError:
        raise ApiError(400, f"{text} is not a valid UUID") from None
