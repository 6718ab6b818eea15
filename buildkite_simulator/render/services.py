"""Notification services of an organization, as JSON: not all of their secrets are masked."""

from buildkite_simulator.instants import DAY, iso, time_ordered_uuid
from buildkite_simulator.render.context import Context, Row, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Organization

_PROVIDERS = (
    ("webhook", "Webhook"),
    ("slack", "Slack"),
    ("opentelemetry_tracing", "OpenTelemetry Tracing"),
    ("webhook", "Webhook"),
)
_STATES = (
    *("build_passed", "build_fixed", "build_failed", "build_blocked", "build_canceled"),
    *("build_failing", "job_activated"),
)


def service_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the notification services, oldest first."""
    return [_service(organization, position, at, context) for position in range(len(_PROVIDERS))]


def _service(organization: Organization, position: int, at: int, context: Context) -> Row:
    provider, name = _PROVIDERS[position]
    created = organization.created + (60 + position) * DAY
    identity = time_ordered_uuid(created, organization.id, "service", position)
    scope, scope_uuids = _scope(organization, position, at)
    return {
        "id": identity,
        "graphql_id": graphql_id("NotificationService", identity) if position else None,
        "url": f"{context.organization_url(organization)}/services/{identity}",
        "provider": {"id": provider, "name": name},
        "description": named(organization, f"To the {name} of team {position + 1}"),
        "enabled": position != len(_PROVIDERS) - 1,
        "scope": scope,
        "scope_uuids": scope_uuids,
        "branch_configuration": "" if position else "main",
        "build_states": {state: number != position for number, state in enumerate(_STATES)},
        "settings": _settings(provider, identity),
        "created_at": iso(created),
        "created_by": user_fields(organization.users[0]) if position else None,
    }


def _scope(organization: Organization, position: int, at: int) -> tuple[str, list[str]]:
    if position == 1:
        chosen = [each.id for each in organization.pipelines if each.created <= at][:2]
        return "some_projects", chosen
    if position == 2:
        return "some_clusters", [next(iter(organization.clusters.values())).id]
    return "all", []


def _settings(provider: str, identity: str) -> Row:
    if provider == "slack":
        return {"channel": "#builds", "url": "https://hooks.slack.com/services/T0/B0/••••"}
    if provider == "opentelemetry_tracing":
        return {
            "endpoint": "https://otel.example/v1/traces",
            "headers": {"authorization": f"Bearer planted-secret-{identity[-12:]}"},
        }
    return {
        "url": f"https://hooks.example/planted-secret-{identity[-6:]}",
        "token": f"planted-secret-{identity[-12:]}",
        "token_mode": "token",
        "events": ["build.finished", "job.finished"],
        "tls_verify": True,
        "version": 3,
    }
