"""Columns that many tables share: what a row's parent and the load know of it."""

from dataclasses import replace

from .model import EXTRA, FETCHED_AT, ORGANIZATION_ID, Column, Kind


def _context(name: str, description: str, kind: Kind = Kind.TEXT) -> Column:
    return Column(name, kind, f"@{name}", description)


def key(column: Column) -> Column:
    """Return the column as part of a primary key."""
    return replace(column, required=True)


ORGANIZATION_SLUG = _context("organization_slug", "Organization slug")
PIPELINE_ID = _context("pipeline_id", "Pipeline; joins pipelines.id")
PIPELINE_SLUG = _context("pipeline_slug", "Pipeline slug then")
TEAM_ID = _context("team_id", "Team; joins teams.id")
CLUSTER_ID = _context("cluster_id", "Cluster; joins clusters.id")
REPOSITORY_CONNECTION_ID = _context(
    "repository_connection_id", "Connection; joins repository_connections.id"
)
SUITE_ID = _context("suite_id", "Test suite; joins suites.id")
SUITE_SLUG = _context("suite_slug", "Test suite slug then")
REGISTRY_ID = _context("registry_id", "Package registry; joins registries.id")
REGISTRY_SLUG = _context("registry_slug", "Package registry slug then")

ORGANIZATION = (ORGANIZATION_ID, ORGANIZATION_SLUG)
PIPELINE = (*ORGANIZATION, PIPELINE_ID, PIPELINE_SLUG)
SUITE = (*ORGANIZATION, SUITE_ID, SUITE_SLUG)
REGISTRY = (*ORGANIZATION, REGISTRY_ID, REGISTRY_SLUG)

FIRST_SEEN_AT = _context("first_seen_at", "When a load first saw it", Kind.TIMESTAMP)
LAST_SEEN_AT = _context("last_seen_at", "When a load last saw it", Kind.TIMESTAMP)
OBSERVED_AT = _context("observed_at", "When this was so, by the API's clock", Kind.TIMESTAMP)

# The last columns of things that change and vanish, and of what happens once.
SEEN = (FIRST_SEEN_AT, LAST_SEEN_AT, FETCHED_AT, EXTRA)
HAPPENED = (FETCHED_AT, EXTRA)
