"""Every kind of details that a source offers: what is missing of it, and what it may cost."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from dlt.destinations.exceptions import DatabaseException
from sqlglot.errors import SqlglotError

from buildkite_source.buckets import Store, open_store
from buildkite_source.client import BuildkiteSession
from buildkite_source.graphql import GraphqlClient
from buildkite_source.printable import one_line, sentence
from buildkite_source.settings import (
    SECTIONS,
    Details,
    Scope,
    SettingError,
    checked_since,
    of_setting,
)
from buildkite_source.tables import (
    ANNOTATIONS,
    ARTIFACTS,
    FAILED_EXECUTIONS,
    JOB_LOG_LINES,
    JOB_LOGS,
    STEP_UPLOADS,
)
from buildkite_source.warehouse.state import follow_destination
from buildkite_source.windows import parse_since

from .allowance import Allowance
from .annotations import annotation_queries
from .environments import JobEnvironments
from .log_archive import LogArchive
from .logs import MissingLogs
from .missing import (
    loaded_until,
    missing_details,
    missing_runs,
)
from .missing_jobs import LOGS_WHERE, missing_environments, missing_logs
from .pages import ChangedBuilds, FailedRuns
from .parents import DetailParents

_LOG_TABLES = {JOB_LOGS.name, JOB_LOG_LINES.name}


@dataclass(frozen=True, slots=True)
class DetailKinds:
    """What a source offers of details.

    Attributes:
        parents: Builds, jobs and runs whose details are missing, by the name of the table.
        logs: Logs that are missing; None if the source offers none.
    """

    parents: Mapping[str, DetailParents]
    logs: MissingLogs | None


def detail_kinds(
    session: BuildkiteSession,
    graphql: GraphqlClient | None,
    settings: Details,
    scope: Scope,
    builds: Collection[str] = (),
) -> DetailKinds:
    """Return the kinds of details that the scope names; nothing is asked yet.

    Args:
        session: Sends the requests.
        graphql: Likewise, by GraphQL; None without.
        settings: What is wanted of details, and what it may cost.
        scope: Slugs to load, and the kinds.
        builds: Ids of the builds that details are wanted of; all without any.

    Raises:
        BuildkiteError: A setting cannot be used.
    """
    checked_since("max_age", settings.max_age)
    queries = annotation_queries(settings.annotations_by, graphql)

    def requests() -> int:
        return int(session.budget.stats.requests + (graphql.stats.requests if graphql else 0))

    allowance = Allowance(
        requests, lambda: session.budget.stopped, settings.max_requests, settings.max_bytes
    )

    def oldest() -> datetime:
        # By the API's clock: that of the newest row, for there may have been no answer yet.
        now = loaded_until() or session.clock.now()
        with of_setting("max_age"):
            return parse_since(settings.max_age, now)

    def missing(ask: Callable[..., list[Any]], *what: Any) -> list[Any]:
        follow_destination(session.tell)
        return ask(*what, oldest(), {**scope.slugs, "build_id": builds})

    def of_builds(kind: str) -> ChangedBuilds:
        by = queries if kind == ANNOTATIONS.name else None
        return ChangedBuilds(kind, partial(missing, missing_details, kind), allowance, session, by)

    def of_jobs(ask: Callable[..., list[Any]], setting: str, where: str, *what: Any) -> list[Any]:
        try:
            return missing(ask, where, *what)
        except (DatabaseException, SqlglotError) as error:
            # Fails likewise where it is not the condition that is at fault.
            missing(ask, "1 = 0", *what)
            said, *_ = str(error).splitlines() or [type(error).__name__]
            raise SettingError(
                f"The setting {setting} must be a condition on jobs in the destination's SQL, "
                f"which says of {where!r}: {sentence(one_line(said))}"
            ) from None

    runs = partial(missing, missing_runs, FAILED_EXECUTIONS.name)
    environments = partial(of_jobs, missing_environments, "env_where", settings.env_where)
    parents = (
        of_builds(ANNOTATIONS.name),
        of_builds(ARTIFACTS.name),
        of_builds(STEP_UPLOADS.name),
        JobEnvironments(environments, allowance, session, settings.env_keys or []),
        FailedRuns(FAILED_EXECUTIONS.name, runs, allowance, session),
    )
    where = LOGS_WHERE.get(settings.logs, settings.logs)
    logs = MissingLogs(
        partial(of_jobs, missing_logs, "logs", where, bool(settings.logs_from)),
        allowance,
        session,
        settings.log_tail,
        raw=settings.log_raw,
        archive=_archive(settings),
    )
    offered = {*_LOG_TABLES, *(one.kind for one in parents)}
    if scope.catalog is not None:
        offered &= set(scope.catalog)
    return DetailKinds(
        {one.kind: one for one in parents if one.kind in offered},
        logs if offered & _LOG_TABLES else None,
    )


def _archive(settings: Details) -> LogArchive | None:
    """Return the private log archive, which is opened when the first log is wanted."""
    url = settings.logs_from
    if not url:
        return None

    def opened() -> Store:
        with of_setting("logs_from"):
            return open_store(url, (*SECTIONS, "log_archive"))

    return LogArchive(opened, falls_back=settings.logs_fall_back)
