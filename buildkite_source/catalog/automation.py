"""What starts, shapes and connects builds: schedules, templates, rules, portals, services."""

from buildkite_source.client import Body
from buildkite_source.tables import (
    GITHUB_WEBHOOKS,
    NOTIFICATION_SERVICES,
    PIPELINE_SCHEDULES,
    PIPELINE_TEMPLATES,
    PORTALS,
    REPOSITORIES,
    REPOSITORY_CONNECTIONS,
    RULES,
)

from .model import Endpoint

_O = "organizations/{organization_slug}"
_P = f"{_O}/pipelines/{{pipeline_slug}}"

AUTOMATION = (
    Endpoint(
        PIPELINE_SCHEDULES,
        f"{_P}/schedules",
        "read_pipelines",
        parent="pipelines",
        group="automation",
    ),
    # Only for pipelines that were enrolled, and for tokens with full access.
    Endpoint(
        GITHUB_WEBHOOKS,
        f"{_P}/github-webhooks",
        "read_pipelines",
        parent="pipelines",
        body=Body.OBJECT,
        absent_on=frozenset({403, 404}),
    ),
    Endpoint(
        PIPELINE_TEMPLATES,
        f"{_O}/pipeline-templates",
        "read_pipeline_templates",
        group="automation",
    ),
    Endpoint(RULES, f"{_O}/rules", "read_rules", group="automation"),
    Endpoint(PORTALS, f"{_O}/portals", "read_portals", group="automation"),
    Endpoint(
        NOTIFICATION_SERVICES,
        f"{_O}/services",
        "read_notification_services",
        group="automation",
        body=Body.WRAPPED,
    ),
    Endpoint(
        REPOSITORY_CONNECTIONS,
        f"{_O}/repository_connections",
        "read_organization_repository_connections",
        noun="repository_connection",
        group="automation",
        paged=False,
    ),
    # Some types of connections cannot list theirs, and say so with 422.
    Endpoint(
        REPOSITORIES,
        f"{_O}/repository_connections/{{repository_connection_id}}/repositories",
        "read_organization_repository_connections",
        parent="repository_connections",
        group="automation",
        absent_on=frozenset({404, 422}),
    ),
)
