"""The slow and obvious way from an object of an organization to a row."""

from datetime import UTC, datetime
from typing import Any

from .documented import FETCHED, read_time
from .documented_organization import DOCUMENTED
from .reference import at

# What the load and the parents know of every row.
CONTEXT: dict[str, Any] = {
    "organization_id": "organization-17",
    "organization_slug": "acme",
    "pipeline_id": "pipeline-3",
    "pipeline_slug": "web",
    "build_id": "build-5",
    "build_number": 42,
    "team_id": "team-1",
    "cluster_id": "cluster-2",
    "repository_connection_id": "connection-1",
    "suite_id": "suite-9",
    "suite_slug": "rspec",
    "registry_id": "registry-4",
    "registry_slug": "gems",
    "base_url": "https://api.buildkite.com",
    "known_from": "list",
    "metrics_period": "7days",
    "first_seen_at": datetime(2026, 7, 1, 4, 0, 0, 7, tzinfo=UTC),
    "last_seen_at": datetime(2026, 8, 1, 4, 0, 0, 9, tzinfo=UTC),
    "observed_at": datetime(2026, 8, 1, 4, 0, 1, tzinfo=UTC),
}

# The objects whose fields are columns of a prefix: `created_by.name` is `created_by_name`.
PREFIXED = [
    "created_by",
    "updated_by",
    "accepted_by",
    "revoked_by",
    "disabled_by",
    "paused_by",
    "dispatch_paused_by",
    "creator",
    "actor",
    "subject",
    "provider",
    "user",
    "build_exports",
    "hosted_agents_terminal_access.enabled_by",
    "hosted_agents_terminal_access",
    "public_pipeline_creation.enabled_by",
    "public_pipeline_creation",
    "advanced_queue_metrics.enabled_by",
    "advanced_queue_metrics",
]

# Columns whose name is not their place in the JSON.
PLACES: dict[str, dict[str, str]] = {
    "api_settings": {
        "has_api_ip_allow_list": "features.api_ip_allow_list",
        "has_inactive_api_token_revocation": "features.inactive_api_token_revocation",
    },
    "notification_services": {
        f"on_{state}": f"build_states.{state}"
        for state in [
            "build_passed",
            "build_fixed",
            "build_failed",
            "build_blocked",
            "build_canceled",
            "build_failing",
            "job_activated",
        ]
    },
    "teams": {"is_default": "default"},
    "agent_observations": {"agent_id": "id", "job_id": "job.id"},
    "cluster_queues": {
        "machine_type": "hosted_agents.instance_shape.machine_type",
        "architecture": "hosted_agents.instance_shape.architecture",
        "cpu": "hosted_agents.instance_shape.cpu",
        "memory": "hosted_agents.instance_shape.memory",
        "instance_shape": "hosted_agents.instance_shape.name",
        "platform_settings": "hosted_agents.platform_settings",
    },
    "rate_limits": {
        f"{scope}_{value}": f"scopes.{scope}.{value}"
        for scope in ("rest", "graphql")
        for value in ("limit", "current", "reset", "reset_at", "enforced")
    },
    "tests": {
        f"executions_{result}": f"executions_count_by_result.{result}"
        for result in ("passed", "failed", "skipped", "pending", "unknown")
    },
    "registries": {"is_public": "public"},
    "packages": {"sha256": "digests.sha256", "sha512": "digests.sha512"},
}


def place(table: str, column: str) -> str:
    """Return the dotted path a column is read from."""
    documented = DOCUMENTED[table]
    if column in PLACES.get(table, {}):
        return PLACES[table][column]
    if column in documented:
        return column
    for prefix in PREFIXED:
        start = prefix.replace(".", "_") + "_"
        if column.startswith(start):
            return f"{prefix}.{column.removeprefix(start)}"
    raise AssertionError(f"{table}.{column} is read from no documented place")


def cell(table: str, column: str, row: dict[str, Any]) -> Any:
    """Return the value one column should have; JSON columns as the value their text means."""
    if column == "extra":
        return None
    if column == "fetched_at":
        return FETCHED
    if column in ("loaded_from", "export_key"):
        return "api" if column == "loaded_from" else None
    if column in CONTEXT and (column not in DOCUMENTED[table] or table == "suites"):
        return CONTEXT[column]
    path = place(table, column)
    value = at(row, path)
    # A settings toggle names who turned it on without an e-mail address.
    kind = DOCUMENTED[table].get(path, "string")
    if value is not None and kind in ("time", "number"):
        return read_time(value) if kind == "time" else float(value)
    return value
