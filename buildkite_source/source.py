"""The dlt source: endpoints with their tables."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import dlt
from dlt.common.typing import TSecretStrValue
from dlt.extract import DltResource
from dlt.sources.rest_api import rest_api_resources

from .builds.build_lists import BuildLists
from .catalog import ENDPOINTS, with_parents
from .catalog.agents import agents_of_jobs
from .catalog.resources import CatalogResources
from .client import BuildkiteError, credential_of
from .connection import open_graphql, open_session
from .details.annotations import AUTO, GRAPHQL, REST, WAYS, AnnotationQueries
from .details.environments import JobEnvironments
from .details.logs import WantedLogs
from .details.missing import (
    LOGS_WHERE,
    Allowance,
    loaded_until,
    wanted_builds,
    wanted_environments,
    wanted_logs,
    wanted_runs,
)
from .details.pages import ChangedBuilds, FailedRuns
from .details.parents import DetailParents
from .details.tables import detail_table, log_tables
from .graphql import GraphqlClient
from .resources.history import check_history
from .resources.tables import list_tables
from .rest_config import DETAILS_OF, TABLES_OF, rest_config
from .settings import (
    ANNOTATIONS_BY,
    BASE_URL,
    BLOCKED_REQUESTS,
    BUDGET_SHARE,
    ENV_WHERE,
    LOST_REQUESTS,
    MAX_AGE,
    OPEN_DAYS,
    PERSONAL_DATA,
    RECHECK_DAYS,
    SINCE,
)
from .tables import (
    AGENTS,
    JOB_LOG_LINES,
    JOB_LOGS,
    ORGANIZATIONS,
    PIPELINES,
    PersonalData,
    Table,
    protected,
)
from .warehouse.state import follow_destination
from .windows import check_since, parse_since

_LOG_TABLES = {JOB_LOGS.name, JOB_LOG_LINES.name}
_WITH_HISTORY = (ORGANIZATIONS.name, PIPELINES.name)


@dlt.source(name="buildkite_source", section="buildkite_source", max_table_nesting=0)
def buildkite_source(
    access_token: TSecretStrValue | None = None,
    base_url: str = BASE_URL,
    organizations: list[str] | None = None,
    pipelines: list[str] | None = None,
    since: str = SINCE,
    until: str | None = None,
    open_days: int = OPEN_DAYS,
    recheck_days: int = RECHECK_DAYS,
    lost_requests: int = LOST_REQUESTS,
    blocked_requests: int = BLOCKED_REQUESTS,
    again: bool = False,
    pages_per_load: int | None = None,
    logs: str = "failed",
    log_tail: int | None = None,
    log_raw: bool = False,
    env_keys: list[str] | None = None,
    env_where: str = ENV_WHERE,
    annotations_by: str = ANNOTATIONS_BY,
    graphql_url: str | None = None,
    max_age: str = MAX_AGE,
    max_requests: int | None = None,
    max_bytes: int | None = None,
    optional: list[str] | None = None,
    catalog: list[str] | None = None,
    history: list[str] | None = None,
    also: Any = None,
    include_secrets: bool = False,
    personal_data: str = PERSONAL_DATA,
    personal_salt: TSecretStrValue | None = None,
    private_key: TSecretStrValue | None = None,
    token_id: str | None = None,
    budget_share: float = BUDGET_SHARE,
    session: Any = None,
    graphql: Any = None,
) -> list[DltResource]:
    """Load organizations, pipelines, builds, jobs and what happened in them from Buildkite.

    Constructing the source sends no request. Every table is merged by its id, so loading
    twice changes nothing; builds are asked for from where the last load ended.

    Args:
        access_token: API access token with the scopes read_organizations, read_pipelines and
            read_builds; read_artifacts and read_build_logs for artifacts and logs. Needed
            unless there is a `private_key` or a `session`.
        base_url: REST base of the API; the token travels to this host only.
        organizations: Slugs to load; all the token sees by default.
        pipelines: Slugs to load, in each organization; all by default.
        since: How far back the history of builds is to reach: a date or a duration (`30d`).
        until: Load history up to then only, and follow no changes.
        open_days: Blocked or running builds created earlier are no longer followed.
        recheck_days: Days to read again once a day, for changes that nothing else shows; 0
            for never.
        lost_requests: Requests to spend in one load on builds that were under way when last
            seen and that no list returns any more.
        blocked_requests: Requests to spend once a day on builds that stand at a block step,
            newest first; 0 for none. An unblocking shows without them in all but rare cases.
        again: Read that history anew, whatever earlier loads know of it.
        pages_per_load: Pages of each build list to read in one load; the next load goes on.
            All by default.
        logs: Which logs `job_logs` and `job_log_lines` take: `failed`, `all`, or a condition in
            the destination's SQL on the table `jobs`.
        log_tail: Bytes to fetch from the end of each log; all of it by default.
        log_raw: Also keep each line of a log as it came, in `job_log_lines.raw`.
        env_keys: Names of the environment variables that `job_env` keeps; values of others are
            dropped as soon as they arrive.
        env_where: Which jobs `job_env` takes: a condition as for `logs`.
        annotations_by: `rest`; `graphql`, which asks for a hundred builds in one request and needs
            a token with GraphQL access; or `auto`, which does so as far as points of its own
            limit are left, and goes on by REST.
        graphql_url: GraphQL API, to which the token travels as well. By default that of
            Buildkite if `base_url` is Buildkite's, otherwise none.
        max_age: Builds and jobs created earlier get no details and no logs any more.
        max_requests: Requests to spend on details and logs in one load, GraphQL's too; any by
            default.
        max_bytes: Bytes of logs to fetch in one load; any by default.
        optional: Resources to leave out, with a word, where the token may not read them; for
            all others that is an error.
        catalog: Resources to offer besides organizations, pipelines, builds and jobs: details,
            logs, and those of docs/resources.md with their parents. All by default, which takes
            dlt half a second to set up.
        history: Tables of which every version is kept in another one, such as
            `pipelines_history`: organizations, pipelines, or of the catalog what is merged.
        also: `Endpoint`s to read besides those of the catalog; see docs/resources.md.
        include_secrets: Also load columns that may hold credentials (`env`, step
            definitions, webhook URLs).
        personal_data: `keep`; `hash`, by which names and addresses of people become hashes that
            still join; or `drop`, by which they become null. Logs and what builds write
            themselves stay as they are; see the README.
        personal_salt: Key of those hashes; a secret. Without it, whoever knows an address can
            find its hash.
        private_key: RSA key, as PEM text or the path of a file, that signs a JWT for each request
            in place of an access token; its public key is set on the API token `token_id`.
        token_id: UUID of that token.
        budget_share: Part of the API's rate limits to use, above 0 and at most 1.
        session: A `BuildkiteSession` to use instead of a new one, for instance to share its
            request budget between sources.
        graphql: A `GraphqlClient` to use instead of a new one.

    Returns:
        The resources organizations, pipelines, builds and jobs, and the pages they read. Off
        unless selected, for each build or job costs a request: annotations, artifacts (of
        settled builds that are loaded and have changed since), job_logs with job_log_lines
        and job_env (of jobs that are loaded).

    Raises:
        BuildkiteError: While extracting; its text says what to do.
    """
    if not session:
        credential = credential_of(access_token, private_key, token_id)
        session = open_session(credential, base_url, budget_share)
    graphql = graphql or open_graphql(session, graphql_url)
    check_since(since)
    check_since(max_age)
    build_lists = BuildLists(
        session,
        since,
        until,
        pages=pages_per_load,
        open_days=open_days,
        recheck_days=recheck_days,
        lost_requests=lost_requests,
        blocked_requests=blocked_requests,
        again=again,
    )
    build_slices = build_lists.resource()
    scope = {"organization_slug": organizations or [], "pipeline_slug": pipelines or []}
    queries = _annotation_queries(annotations_by, graphql)
    personal = _personal_data(personal_data)

    def keep(table: Table) -> Table:
        table = table if include_secrets else table.without_secrets()
        return protected(table, personal, personal_salt or "")

    def requests() -> int:
        return int(session.budget.stats.requests + (graphql.stats.requests if graphql else 0))

    allowance = Allowance(requests, lambda: session.budget.stopped, max_requests, max_bytes)

    def oldest() -> datetime:
        # By the API's clock: that of the newest row, for there may have been no answer yet.
        return parse_since(max_age, loaded_until() or session.clock.now())

    def missing(wanted: Callable[..., list[Any]], *what: str) -> list[Any]:
        follow_destination(session.tell)
        return wanted(*what, oldest(), scope)

    of_builds = {
        kind: ChangedBuilds(kind, partial(missing, wanted_builds, kind), allowance, session, by)
        for kind, by in (("annotations", queries), ("artifacts", None), ("step_uploads", None))
    }
    executions = FailedRuns(
        "failed_executions", partial(missing, wanted_runs, "failed_executions"), allowance, session
    )
    wanted_env = partial(missing, wanted_environments, env_where)
    every_detail: dict[str, DetailParents] = {
        **of_builds,
        "job_env": JobEnvironments(wanted_env, allowance, session, env_keys or []),
        "failed_executions": executions,
    }
    details = {
        name: parents
        for name, parents in every_detail.items()
        if catalog is None or name in catalog
    }
    endpoints = (*with_parents(ENDPOINTS, catalog), *(also or ()))
    more = {AGENTS.name: agents_of_jobs}
    versions = history or []
    check_history(versions, [*_WITH_HISTORY, *(each.name for each in endpoints)])
    others = CatalogResources(session, optional or [], since, more, endpoints)

    pages = {
        resource.name: resource
        for resource in rest_api_resources(
            rest_config(
                session,
                organizations=organizations or [],
                pipelines=pipelines or [],
                build_slices=build_slices,
                build_lists=build_lists,
                details=details,
                others=others.declared(),
            )
        )
    }
    build_slices.pipe_data_from(pages["pipelines_pages" if pipelines else "organizations_pages"])
    tables = [
        resource
        for name, kinds in TABLES_OF.items()
        for kind, defined in kinds.items()
        for resource in list_tables(
            pages[name], kind, defined, len(kinds) > 1, keep, session, versions
        )
    ]
    tables += [
        detail_table(pages[name], table, keep, session)
        for name, table in DETAILS_OF.items()
        if name in pages
    ]
    tables += others.tables(pages, keep, versions)
    if not (catalog is None or _LOG_TABLES & set(catalog)):
        return [*tables, *pages.values()]
    log_pages = WantedLogs(
        partial(missing, wanted_logs, LOGS_WHERE.get(logs, logs)),
        allowance,
        session,
        log_tail,
        raw=log_raw,
    ).resource()
    return [*tables, *log_tables(log_pages), *pages.values(), log_pages]


def _annotation_queries(by: str, client: GraphqlClient | None) -> AnnotationQueries | None:
    if by not in WAYS:
        raise BuildkiteError(f"annotations_by is one of {', '.join(WAYS)}, not {by!r}.")
    if by == GRAPHQL and not client:
        raise BuildkiteError(
            "annotations_by is graphql, and it is not known where the GraphQL API is: set "
            "graphql_url, or load them by rest."
        )
    return None if by == REST or not client else AnnotationQueries(client, by_name=by != AUTO)


def _personal_data(mode: str) -> PersonalData:
    try:
        return PersonalData(mode)
    except ValueError:
        known = ", ".join(PersonalData)
        raise BuildkiteError(f"personal_data is one of {known}, not {mode!r}.") from None


class _JsonHintFilter(logging.Filter):
    """Drops one warning of dlt, repeated for every page: JSON columns travel as Arrow text.

    Arrow has no JSON type that dlt reads, so text declared as `json` is what is meant.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return "when merging arrow schema with dlt schema" not in record.getMessage()


logging.getLogger("dlt").addFilter(_JsonHintFilter())
