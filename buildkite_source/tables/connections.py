"""What an organization is connected to: notification services, hosts of repositories."""

from .context import ORGANIZATION, REPOSITORY_CONNECTION_ID, SEEN, key
from .model import (
    DERIVABLE_URL,
    GRAPHQL_ID,
    Column,
    Kind,
    Table,
    user_columns,
    user_omissions,
)

_CONNECTIONS = "https://buildkite.com/docs/apis/rest-api/organizations/repository-connections"
_ONE_ONLY = "only sent for a single connection"


def _told(name: str, what: str) -> Column:
    return Column(f"on_{name}", Kind.BOOLEAN, f"build_states.{name}", f"Told when a {what}")


NOTIFICATION_SERVICES = Table(
    name="notification_services",
    description="One row per service that an organization notifies, such as a webhook",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations/notification-services",
    columns=(
        Column("id", Kind.TEXT, "id", "Service id (UUID)", required=True),
        *ORGANIZATION,
        Column("provider_id", Kind.TEXT, "provider.id", "Kind of service, such as webhook"),
        Column("provider_name", Kind.TEXT, "provider.name", "Display name of its kind"),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column("enabled", Kind.BOOLEAN, "enabled", "It is notified"),
        Column("scope", Kind.TEXT, "scope", "all, some_projects, some_teams or some_clusters"),
        Column("scope_uuids", Kind.JSON, "scope_uuids", "Which ones, an array of ids"),
        Column(
            "branch_configuration",
            Kind.TEXT,
            "branch_configuration",
            "Pattern of branches told of; empty = all",
        ),
        _told("build_passed", "build passed"),
        _told("build_fixed", "build passed after one that failed"),
        _told("build_failed", "build failed"),
        _told("build_blocked", "build waits on a block step"),
        _told("build_canceled", "build was canceled"),
        _told("build_failing", "running build is about to fail"),
        _told("job_activated", "job was activated"),
        Column(
            "settings",
            Kind.JSON,
            "settings",
            "Settings, keys vary by provider; addresses in it let who knows them post",
            secret=True,
        ),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        **user_omissions("created_by"),
    },
)

REPOSITORY_CONNECTIONS = Table(
    name="repository_connections",
    description="One row per connection to a host of repositories",
    documentation=_CONNECTIONS,
    columns=(
        Column("id", Kind.TEXT, "id", "Connection id (UUID)", required=True),
        *ORGANIZATION,
        Column("type", Kind.TEXT, "type", "Kind of host"),
        Column("display_name", Kind.TEXT, "display_name", "Display name"),
        *SEEN,
    ),
    omitted={
        "url": DERIVABLE_URL,
        "service_account": _ONE_ONLY,
        "host": _ONE_ONLY,
        "rate_limit": _ONE_ONLY,
    },
)

REPOSITORIES = Table(
    name="repositories",
    description="One row per repository that a connection can see",
    documentation=_CONNECTIONS,
    columns=(
        key(REPOSITORY_CONNECTION_ID),
        Column("full_name", Kind.TEXT, "full_name", "Owner and name", required=True),
        *ORGANIZATION,
        Column("default_branch", Kind.TEXT, "default_branch", "Default branch"),
        Column("html_url", Kind.TEXT, "html_url", "Page on its host"),
        Column("clone_url", Kind.TEXT, "clone_url", "Git URL"),
        *SEEN,
    ),
    primary_key=("repository_connection_id", "full_name"),
)
