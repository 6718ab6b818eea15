"""The slow and obvious way from an API object to a row."""

import json
import re
from typing import Any

from .documented import BUILD, FETCHED, JOB, ORGANIZATION, PIPELINE, read_time

# Columns whose name is not their place in the JSON. A path that starts with "/" is read from
# the build around a job.
PLACES: dict[str, dict[str, str]] = {
    "organizations": {},
    "pipelines": {
        "default_timeout_minutes": "default_command_step_timeout",
        "maximum_timeout_minutes": "maximum_command_step_timeout",
        "provider_id": "provider.id",
        "provider_settings": "provider.settings",
        "provider_webhook_url": "provider.webhook_url",
        "created_by_id": "created_by.id",
        "created_by_name": "created_by.name",
        "created_by_email": "created_by.email",
    },
    "builds": {
        "pipeline_id": "pipeline.id",
        "author_username": "author.username",
        "author_name": "author.name",
        "author_email": "author.email",
        "creator_id": "creator.id",
        "creator_name": "creator.name",
        "creator_email": "creator.email",
        "pull_request_id": "pull_request.id",
        "pull_request_base": "pull_request.base",
        "pull_request_repository": "pull_request.repository",
        "merge_queue_base_branch": "merge_queue.base_branch",
        "rebuilt_from_id": "rebuilt_from.id",
        "rebuilt_from_number": "rebuilt_from.number",
        "triggered_from_build_id": "triggered_from.build_id",
        "triggered_from_build_number": "triggered_from.build_number",
        "triggered_from_pipeline_slug": "triggered_from.build_pipeline_slug",
        "test_engine_runs": "test_engine.runs",
    },
    "jobs": {
        "pipeline_id": "/pipeline.id",
        "build_id": "/id",
        "build_number": "/number",
        "step_id": "step.id",
        "step_signature": "step.signature",
        "retry_source_job_id": "retry_source.job_id",
        "retry_source_type": "retry_source.retry_type",
        "retried_by_id": "retried_by.id",
        "retried_by_name": "retried_by.name",
        "retried_by_email": "retried_by.email",
        "priority": "priority.number",
        "agent_id": "agent.id",
        "agent_name": "agent.name",
        "agent_hostname": "agent.hostname",
        "agent_ip_address": "agent.ip_address",
        "agent_version": "agent.version",
        "agent_user_agent": "agent.user_agent",
        "agent_os_id": "agent.os_id",
        "agent_arch": "agent.arch",
        "agent_queue": "agent.queue",
        "agent_meta_data": "agent.meta_data",
        "agent_created_at": "agent.created_at",
        "agent_connected_at": "agent.connected_at",
        "unblocked_by_id": "unblocked_by.id",
        "unblocked_by_name": "unblocked_by.name",
        "unblocked_by_email": "unblocked_by.email",
        "is_async": "async",
        "triggered_build_id": "triggered_build.id",
        "triggered_build_number": "triggered_build.number",
        "triggered_build_url": "triggered_build.url",
        "triggered_build_web_url": "triggered_build.web_url",
    },
}
DOCUMENTED = {"organizations": ORGANIZATION, "pipelines": PIPELINE, "builds": BUILD, "jobs": JOB}

ORGANIZATION_OF_URL = re.compile(r"/v2/organizations/([^/]+)")
PIPELINE_OF_URL = re.compile(r"/v2/organizations/[^/]+/pipelines/([^/]+)")


def at(value: Any, path: str) -> Any:
    """Return what is at a dotted path, or None."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def slug_of(pattern: re.Pattern[str], url: str | None) -> str | None:
    match = pattern.search(url or "")
    return match[1] if match else None


def queue_of(rules: Any) -> str | None:
    texts = [rule for rule in rules or [] if isinstance(rule, str)]
    return next((text[6:] for text in texts if text.startswith("queue=")), None)


def cell(table: str, column: str, row: dict[str, Any], build: dict[str, Any]) -> Any:
    """Return the value one column should have; JSON columns as the value their text means."""
    outer = build if table == "jobs" else row
    if column == "extra":
        return None
    if column == "fetched_at":
        return FETCHED
    if column in ("loaded_from", "export_key"):
        return "api" if column == "loaded_from" else None
    if column == "organization_id":
        return "organization-17"
    if column == "organization_slug":
        return slug_of(ORGANIZATION_OF_URL, outer.get("url"))
    if column == "pipeline_slug":
        return slug_of(PIPELINE_OF_URL, outer.get("url"))
    if column == "queue":
        return queue_of(row.get("agent_query_rules"))
    path = PLACES[table].get(column, column)
    documented = DOCUMENTED[table]
    if path.startswith("/"):
        path, row, documented = path[1:], build, BUILD
    value = at(row, path)
    return read_time(value) if value is not None and documented[path] == "time" else value


def strict_json(text: str) -> Any:
    """Parse JSON as databases do: NaN and infinities are none."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def read_cell(value: Any, is_json: bool) -> Any:
    """Return a loaded value as `cell` states it."""
    if not is_json or value is None:
        return value
    meant = strict_json(value)
    assert meant is not None, "a JSON null is a null"
    return meant
