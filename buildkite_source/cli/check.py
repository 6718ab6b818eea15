"""`check`: can this be loaded? Asked with a handful of requests, and nothing is loaded."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from buildkite_source import BuildkiteSession
from buildkite_source.catalog import SCOPES
from buildkite_source.catalog.access import scopes_of, token_of
from buildkite_source.client import (
    BuildkiteError,
    Retries,
    page_numbers,
)
from buildkite_source.connection import open_graphql, open_session
from buildkite_source.graphql import GraphqlClient, NoGraphqlAccessError
from buildkite_source.settings import Connection, of_setting
from buildkite_source.windows import parse_since, to_api

from . import event_services, exports_settings
from .check_actions import look_at_actions, may_write
from .freshness import Freshness, freshness
from .probe import Probe, probe

# More organizations than these are not asked how many builds they have.
_ORGANIZATIONS = 6
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Check:
    """What was found out about one token and one destination.

    Attributes:
        api: Base URL.
        token: What the API says of the token: uuid, description, scopes, expires_at.
        organizations: Slugs it sees.
        resources: For each that was chosen: the scope it needs and whether the token has it.
        requests_a_minute: What the budget allows, or None where it is not known.
        graphql: Points left, or why there are none.
        exports: How build exports are set, by organization; docs/exports.md tells how to begin.
        first_load: Pages of builds in the wanted history, and the minutes they take.
        place: What became of writing to the destination.
        fresh: How old the data is, if that was asked.
        services: Notification services that send events, where the token may read them.
        spent: Requests of this check.
        errors: What has to be mended; none when a load would work.
        warnings: What a load does not mind, and somebody may.
        acting: What the actions' token may do of what is allowed; none without one.
    """

    api: str
    token: dict[str, Any] = field(default_factory=dict)
    organizations: list[str] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    requests_a_minute: int | None = None
    graphql: str = "not asked: no graphql_url"
    exports: dict[str, str] = field(default_factory=dict)
    first_load: dict[str, Any] = field(default_factory=dict)
    place: Probe | None = None
    fresh: Freshness | None = None
    services: list[dict[str, Any]] = field(default_factory=list)
    spent: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    acting: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether a load would work."""
        return not self.errors

    def json(self) -> dict[str, Any]:
        """Return everything, for machines."""
        fresh = self.fresh.json() if self.fresh else None
        return {"ok": self.ok, **asdict(replace(self, fresh=None)), "fresh": fresh}


def check(
    connection: Connection,
    chosen: Sequence[str],
    optional: Sequence[str],
    since: str,
    pipeline: tuple[str, str, str],
    fresh: timedelta | None = None,
) -> Check:
    """Ask the API and the destination.

    Args:
        connection: How to reach the API.
        chosen: Resources that a load would read.
        optional: Those of them that would be left out where the token may not read them.
        since: How far back the history would reach.
        pipeline: Name of the dlt pipeline, its destination and dataset.
        fresh: How old the data may be; None where that does not matter.
    """
    session = open_session(
        connection, retries=Retries(attempts=1, heavy_attempts=1, rate_limited=0)
    )
    graphql = open_graphql(session, connection.graphql_url)
    found = Check(api=session.base_url)
    organizations: dict[str, str] = {}
    try:
        organizations = _ask(found, session, graphql, chosen, optional, since)
    except BuildkiteError as error:
        found.errors.append(str(error))
    look_at_actions(found, connection, session)
    found.requests_a_minute = session.budget.a_minute()
    found.spent = session.budget.stats.requests + (graphql.stats.requests if graphql else 0)
    found.place = probe(*pipeline)
    if found.place.error:
        found.errors.append(found.place.error)
    if fresh:
        # An alert is wanted also when the API cannot be reached, and tells no time.
        now = session.api_time if session.api_time > _NEVER else session.clock.now()
        found.fresh = freshness(pipeline, organizations, now, fresh)
        found.errors += found.fresh.errors()
    return found


def _ask(
    found: Check,
    session: BuildkiteSession,
    graphql: GraphqlClient | None,
    chosen: Sequence[str],
    optional: Sequence[str],
    since: str,
) -> dict[str, str]:
    """Ask the API, and return the slugs of the organizations that the token sees, by id."""
    token = token_of(session)
    seen: dict[str, str] = {}
    scopes = scopes_of(token)
    found.token = {name: token.get(name) for name in ("uuid", "description", "expires_at")}
    found.token["scopes"] = sorted(scopes)
    found.warnings += may_write(scopes)
    for name in chosen:
        scope = SCOPES.get(name)
        readable = scope is None or scope in scopes
        found.resources.append({"resource": name, "scope": scope, "readable": readable})
        if not readable and name not in optional:
            found.errors.append(f"{name} needs the scope {scope}, which the token lacks.")
    if "read_organizations" in scopes:
        items = session.ask("organizations?per_page=100", "read_organizations").json()
        seen = {item["id"]: item["slug"] for item in items}
        found.organizations = [*seen.values()]
        if not items:
            found.errors.append("The token sees no organization; check what it is granted.")
    if {"read_organizations", exports_settings.SCOPE} <= scopes:
        asked = found.organizations[:_ORGANIZATIONS]
        get = partial(session.ask, scope=exports_settings.SCOPE)
        found.exports = {slug: exports_settings.exports_of(slug, get) for slug in asked}
    if {"read_organizations", "read_builds"} <= scopes:
        _estimate(found, session, since)
        if event_services.SCOPE in scopes:
            get = partial(session.ask, scope=event_services.SCOPE)
            asked = found.organizations[:_ORGANIZATIONS]
            found.services = [*event_services.event_services(get, asked)]
    if graphql:
        found.graphql = _points(graphql)
    return seen


def _estimate(found: Check, session: BuildkiteSession, since: str) -> None:
    """Learn from the first page of each build list how many there are."""
    with of_setting("since"):
        begin = to_api(parse_since(since, session.api_time))
    pages = 0
    asked = found.organizations[:_ORGANIZATIONS]
    for slug in asked:
        path = f"organizations/{slug}/builds?per_page=100&created_from={begin}&exclude_jobs=true"
        response = session.ask(f"{path}&exclude_pipeline=true", "read_builds")
        pages += page_numbers(response)[1]
    minutes = pages / (session.budget.a_minute() or 1)
    found.first_load = {
        "since": begin,
        "pages_of_builds": pages,
        "minutes_at_least": round(minutes, 1),
        "organizations_counted": len(asked),
    }


def _points(graphql: GraphqlClient) -> str:
    try:
        graphql.check()
    except NoGraphqlAccessError:
        return "the token has no GraphQL access; annotations go by REST"
    except BuildkiteError as error:
        return str(error)
    return f"{graphql.room(1, wait=False):,} points"
