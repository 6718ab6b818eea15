"""Agents that no list shows any more, as the jobs they ran knew them."""

from datetime import datetime
from typing import Any

import orjson

from buildkite_source.client import RawItem
from buildkite_source.tables import AGENTS, JOBS
from buildkite_source.tables.model import url_part
from buildkite_source.warehouse.stored import rows_of, stored_tables

FROM_JOBS = "jobs"
_TEXTS = {
    "id": "agent_id",
    "name": "agent_name",
    "hostname": "agent_hostname",
    "ip_address": "agent_ip_address",
    "version": "agent_version",
    "user_agent": "agent_user_agent",
    "os_id": "agent_os_id",
    "arch": "agent_arch",
    "queue": "agent_queue",
}
_COLUMNS = ", ".join(f"max({column})" for name, column in _TEXTS.items() if name != "id")
_SQL = f"""
SELECT agent_id, {_COLUMNS}, max(organization_id), max(agent_created_at) AS created_at,
       max(agent_connected_at) AS connected_at, min(started_at) AS first_at,
       max(coalesce(finished_at, started_at)) AS last_at
FROM jobs
WHERE organization_slug = '%s' AND agent_id IS NOT NULL
GROUP BY agent_id
"""  # noqa: S608


def agents_of_jobs(listed: list[RawItem], url: str, at: datetime) -> list[RawItem]:
    """Return agents of loaded jobs that neither this list nor the warehouse has.

    Args:
        listed: Agents that the API lists now, of one organization.
        url: Where it listed them.
        at: When.
    """
    stored = stored_tables()
    if JOBS.name not in stored:
        return []
    known = {item.get("id") for item in listed}
    if AGENTS.name in stored:
        known |= {agent_id for (agent_id,) in rows_of("SELECT id FROM agents")}
    slug = str(url_part("organizations")(url)).replace("'", "''")
    return [_agent(row, slug, at) for row in rows_of(_SQL % slug) if row[0] not in known]


def _agent(row: tuple[Any, ...], slug: str, at: datetime) -> RawItem:
    *texts, organization_id, created, connected, first, last = row
    fields: dict[str, Any] = dict(zip(_TEXTS, texts, strict=True))
    fields |= {"created_at": created, "connected_at": connected}
    agent = RawItem(orjson.dumps(fields), at)
    agent.context = {
        "organization_id": organization_id,
        "organization_slug": slug,
        "known_from": FROM_JOBS,
        "first_seen_at": first,
        "last_seen_at": last,
    }
    return agent
