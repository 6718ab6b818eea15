"""Repository connections and the repositories behind them, as JSON."""

from dataclasses import dataclass

from buildkite_simulator.instants import DAY, HOUR, iso_seconds, time_ordered_uuid
from buildkite_simulator.render.context import Context, Row
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Organization

_QUOTA = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """An organization's connection to a host of repositories."""

    id: str
    organization: Organization
    type: str
    name: str
    host: str

    @property
    def lists_repositories(self) -> bool:
        """Whether the API can list what is behind it: not for every type."""
        return self.type == "github"


def connections_of(organization: Organization, _at: int) -> list[Connection]:
    """Return an organization's connections, newest first."""
    created = organization.created + 2 * DAY
    return [
        Connection(
            id=time_ordered_uuid(created + position, organization.id, "connection", kind),
            organization=organization,
            type=kind,
            name=named(organization, name),
            host=host,
        )
        for position, (kind, name, host) in enumerate(
            (
                ("bitbucket", "Bitbucket Cloud", "https://bitbucket.org"),
                ("github", f"GitHub ({organization.slug})", "https://github.com"),
            )
        )
    ][::-1]


def listable_connections(organization: Organization, at: int) -> list[Connection]:
    """Return the connections whose repositories the API lists."""
    return [each for each in connections_of(organization, at) if each.lists_repositories]


def connection_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the connections as they are listed."""
    return [_listed(each, context) for each in connections_of(organization, at)]


def connection_details(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the connections as each is by itself."""
    return [_listed(each, context) | _detail(each, at) for each in connections_of(organization, at)]


def repository_rows(connection: Connection, at: int, _context: Context) -> list[Row]:
    """Render the repositories of a connection: those its pipelines build."""
    owner = connection.organization
    rows: dict[str, Row] = {}
    for pipeline in owner.pipelines:
        _, is_there, path = pipeline.repository.removesuffix(".git").partition("github.com:")
        if is_there and pipeline.created <= at:
            rows[path] = {
                "full_name": path,
                "html_url": f"{connection.host}/{path}",
                "clone_url": f"{connection.host}/{path}.git",
                "default_branch": pipeline.default_branch,
            }
    return [rows[name] for name in sorted(rows)]


def _listed(connection: Connection, context: Context) -> Row:
    base = context.organization_url(connection.organization)
    return {
        "id": connection.id,
        "type": connection.type,
        "display_name": connection.name,
        "url": f"{base}/repository_connections/{connection.id}",
    }


def _detail(connection: Connection, at: int) -> Row:
    if connection.type != "github":
        return {"service_account": None, "host": None, "rate_limit": None}
    used = at // HOUR % _QUOTA
    return {
        "service_account": {"login": f"{connection.organization.slug}-ci"},
        "host": {"type": connection.type, "url": connection.host},
        "rate_limit": {
            "limit": _QUOTA,
            "used": used,
            "remaining": _QUOTA - used,
            "reset_at": iso_seconds(at + HOUR - at % HOUR),
        },
    }
