"""Details of builds and jobs, loaded part by part until nothing is wanted or a bound is reached."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dlt

from buildkite_source import BuildkiteSession
from buildkite_source.tables import (
    ANNOTATIONS,
    ARTIFACTS,
    FAILED_EXECUTIONS,
    JOB_ENV,
    JOB_LOG_LINES,
    JOB_LOGS,
    STEP_UPLOADS,
)

from .journal import WAITING
from .progress import RunProgress

# Each part is one load: a run that dies fetches no more than this again.
_REQUESTS_PER_LOAD = 100
MAX_REQUESTS = 500
_KINDS = {
    ANNOTATIONS.name: "annotations",
    ARTIFACTS.name: "artifacts",
    JOB_LOGS.name: "logs",
    JOB_LOG_LINES.name: "logs",
    JOB_ENV.name: JOB_ENV.name,
    STEP_UPLOADS.name: STEP_UPLOADS.name,
    FAILED_EXECUTIONS.name: FAILED_EXECUTIONS.name,
}
DETAIL_NAMES = tuple(_KINDS)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which details a run is to load, and what they may cost.

    Attributes:
        resources: Names out of `DETAIL_NAMES`; none in a plain run.
        logs: `failed`, `all` or a condition in SQL on the table `jobs`.
        log_tail: Bytes from the end of each log, or None for all of it.
        log_raw: Whether lines are kept as they came too; None for the setting.
        env_keys: Names of the environment variables to keep; none for the setting.
        max_requests: Requests for details in one run.
        max_bytes: Bytes of logs in one run, or None for any number.
        max_age: How long ago a build or job may have been created; None for the setting.
    """

    resources: tuple[str, ...] = ()
    logs: str = "failed"
    log_tail: int | None = None
    log_raw: bool | None = None
    env_keys: tuple[str, ...] = ()
    max_requests: int = MAX_REQUESTS
    max_bytes: int | None = None
    max_age: str | None = None


def load_details(
    wish: Wish,
    load: Callable[[tuple[str, ...], dict[str, Any]], None],
    session: BuildkiteSession,
    progress: RunProgress,
    requests: Callable[[], int],
) -> None:
    """Load part after part.

    Args:
        wish: What to load.
        load: Loads these resources with these arguments of the source.
        session: Counts the bytes of logs.
        progress: Hears what was done and what waits.
        requests: Returns how many were sent in the run, GraphQL's too.
    """
    before, before_bytes = requests(), session.stats.downloaded
    arguments = {
        "logs": wish.logs,
        "log_tail": wish.log_tail,
        "log_raw": wish.log_raw,
        "env_keys": list(wish.env_keys),
        "max_age": wish.max_age,
    }
    # The kinds take turns, so that none uses up what the others need.
    turns = deque(dict.fromkeys(_KINDS[name] for name in wish.resources))
    while turns and not session.budget.stopped:
        kind = turns.popleft()
        unspent = wish.max_requests - (requests() - before)
        spent = session.stats.downloaded - before_bytes
        left = None if wish.max_bytes is None else max(0, wish.max_bytes - spent)
        part = max(0, min(unspent, _REQUESTS_PER_LOAD))
        names = tuple(name for name in wish.resources if _KINDS[name] == kind)
        load(names, {**arguments, "max_requests": part, "max_bytes": left})
        if progress.details[kind].reason == "max_requests" and part:
            turns.append(kind)


def waiting(progress: RunProgress) -> Any:
    """Return the resource that replaces the table of what was wanted and not fetched."""

    @dlt.resource(
        name=WAITING,
        write_disposition="replace",
        columns={
            "kind": {
                "data_type": "text",
                "description": "logs, or the name of the table it is wanted for",
            },
            "priority": {"data_type": "bigint", "description": "1 is fetched next"},
            "reason": {"data_type": "text", "description": "Bound that left it out"},
            "organization_id": {"data_type": "text", "description": "Organization"},
            "build_id": {"data_type": "text", "description": "Build; joins builds.id"},
            "job_id": {
                "data_type": "text",
                "description": "Job of a log or environment; joins jobs.id",
            },
            "created_at": {"data_type": "timestamp", "description": "When it was created"},
        },
    )
    def waiting_details() -> Iterator[Sequence[dict[str, Any]]]:
        for kind, read in sorted(progress.details.items()):
            rows = [
                {
                    "kind": kind,
                    "priority": priority,
                    "reason": read.reason,
                    "organization_id": one["organization_id"],
                    "build_id": one["build_id"],
                    "job_id": one.get("job_id"),
                    "created_at": one["created_at"],
                }
                for priority, one in enumerate(read.waiting, 1)
            ]
            if rows:
                yield rows
        yield dlt.mark.materialize_table_schema()

    return waiting_details()
