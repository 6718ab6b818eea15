"""The dlt source: settings in, resources out."""

import logging
from typing import Any

import dlt
from dlt.common.typing import TSecretStrValue
from dlt.extract import DltResource
from dlt.sources.rest_api import rest_api_resources

from .builds.hinted_parents import HintedParents
from .builds.registry import BuildLists
from .catalog.resources import CatalogResources
from .connection import open_graphql, open_session
from .details.kinds import detail_kinds
from .details.tables import detail_tables
from .documentation import documented
from .events import hints_of
from .exports.reader import ExportReader
from .exports.resource import build_exports
from .resources.keep import keeper
from .resources.sent import event_table
from .resources.tables import list_tables
from .rest_config import TABLES_OF, rest_config
from .settings import (
    OF_SOURCE,
    Connection,
    Details,
    Exports,
    History,
    Privacy,
    Scope,
    picked,
)


@dlt.source(name="buildkite_source", section="buildkite_source", max_table_nesting=0)
@documented(*OF_SOURCE)
def buildkite_source(
    access_token: TSecretStrValue | None = None,
    base_url: str = Connection.base_url,
    organizations: list[str] | None = None,
    pipelines: list[str] | None = None,
    since: str = History.since,
    until: str | None = None,
    open_days: int = History.open_days,
    recheck_days: int = History.recheck_days,
    lost_requests: int = History.lost_requests,
    blocked_requests: int = History.blocked_requests,
    again: bool = False,
    pages_per_load: int | None = None,
    logs: str = Details.logs,
    log_tail: int | None = None,
    log_raw: bool = False,
    logs_from: str | None = None,
    logs_fall_back: bool = True,
    env_keys: list[str] | None = None,
    env_where: str = Details.env_where,
    annotations_by: str = Details.annotations_by,
    graphql_url: str | None = None,
    max_age: str = Details.max_age,
    max_requests: int | None = None,
    max_bytes: int | None = None,
    optional: list[str] | None = None,
    catalog: list[str] | None = None,
    history: list[str] | None = None,
    also: Any = None,
    exports_from: str | None = None,
    exports_since: str | None = None,
    exports_until: str | None = None,
    exports_logs: str = Exports.exports_logs,
    exports_overlap: int = Exports.exports_overlap,
    exports_per_load: int | None = None,
    include_secrets: bool = False,
    personal_data: str = Privacy.personal_data,
    personal_salt: TSecretStrValue | None = None,
    private_key: TSecretStrValue | None = None,
    token_id: str | None = None,
    budget_share: float = Connection.budget_share,
    session: Any = None,
    graphql: Any = None,
    exports: Any = None,
    hints: Any = None,
) -> list[DltResource]:
    """Load organizations, pipelines, builds, jobs and what happened in them from Buildkite.

    Constructing the source sends no request and needs no token. Every table is merged by its key,
    so loading twice changes nothing; builds are asked for from where the last load ended.

    Returns:
        The tables organizations, pipelines, builds and jobs, with what was asked for them. Off
        unless selected, as each build or job costs a request: annotations, artifacts (of builds
        that are loaded, at rest, and have changed since), job_logs with job_log_lines, job_env;
        the resources of docs/resources.md; and build_exports, which fills the tables from a bucket
        and sends no request. With `hints`, which are events that were received, builds, jobs and
        details are those that they name, and there is the table events: see docs/events.md.

    Raises:
        BuildkiteError: A setting cannot be used; or while extracting. Its text says what to do.
    """
    given = dict(locals())
    connection, scope = picked(Connection, given), picked(Scope, given)
    session = session or open_session(connection, credential=connection.late_credential())
    graphql = graphql or open_graphql(session, graphql_url)
    keep = keeper(picked(Privacy, given))
    named = hints_of(hints or ())
    hinted = HintedParents(named, session, scope) if hints is not None else None
    lists = BuildLists(session, picked(History, given), hinted)
    of_named = {hint.build_id for hint in named}
    kinds = detail_kinds(session, graphql, picked(Details, given), scope, of_named)
    reader = exports or ExportReader(picked(Exports, given), session, again=again)
    others = CatalogResources(session, scope, since)

    config = rest_config(session, scope, lists, kinds, others.declared())
    pages = {resource.name: resource for resource in rest_api_resources(config)}
    parents = pages["pipelines_pages" if pipelines else "organizations_pages"]
    pages["build_slices"].pipe_data_from(hinted.resource() if hinted else parents)
    return [
        *list_tables(pages, TABLES_OF, keep, session, others.versioned),
        *detail_tables(pages, kinds, keep, session),
        *others.tables(pages, keep),
        build_exports(reader, keep, session, scope, most=exports_per_load, raw_logs=log_raw),
        *([event_table(hints, keep, session)] if hints is not None else []),
        *pages.values(),
    ]


class _JsonHintFilter(logging.Filter):
    """Drops one warning of dlt, repeated for every page: JSON columns travel as Arrow text.

    Arrow has no JSON type that dlt reads, so text declared as `json` is what is meant.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return "when merging arrow schema with dlt schema" not in record.getMessage()


logging.getLogger("dlt").addFilter(_JsonHintFilter())
