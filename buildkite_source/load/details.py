"""Details of builds and jobs, loaded part by part until nothing is wanted or a bound is reached."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from buildkite_source import BuildkiteSession
from buildkite_source.events import Event
from buildkite_source.tables import (
    ANNOTATIONS,
    ARTIFACTS,
    FAILED_EXECUTIONS,
    JOB_ENV,
    JOB_LOG_LINES,
    JOB_LOGS,
    STEP_UPLOADS,
)

from .progress import RunProgress

# Each part is one load: a run that dies fetches no more than this again.
_REQUESTS_PER_LOAD = 100
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


def load_details(
    names: Sequence[str],
    load: Callable[[Sequence[str], Mapping[str, Any]], None],
    session: BuildkiteSession,
    progress: RunProgress,
    requests: Callable[[], int],
    *,
    max_requests: int,
    max_bytes: int | None,
    of: Sequence[Event] = (),
) -> None:
    """Load part after part.

    Args:
        names: Tables, out of `DETAIL_NAMES`.
        load: Loads some of these with some settings.
        session: Counts the bytes of logs.
        progress: Hears what was done and what waits.
        requests: Returns how many were sent in the run, GraphQL's too.
        max_requests: Requests to spend in the run.
        max_bytes: Bytes of logs to fetch in the run; None for any number.
        of: Events that name the builds that are wanted; all are without any.
    """
    if of:
        # Runs of tests are no builds, and no event names them.
        names = [name for name in names if name != FAILED_EXECUTIONS.name]
    before, before_bytes = requests(), session.stats.downloaded
    # The kinds take turns, so that none uses up what the others need.
    turns = deque(dict.fromkeys(_KINDS[name] for name in names))
    while turns and not session.budget.stopped:
        kind = turns.popleft()
        unspent = max_requests - (requests() - before)
        spent = session.stats.downloaded - before_bytes
        left = None if max_bytes is None else max(0, max_bytes - spent)
        part = max(0, min(unspent, _REQUESTS_PER_LOAD))
        of_kind = [name for name in names if _KINDS[name] == kind]
        load(of_kind, {"max_requests": part, "max_bytes": left, "hints": of or None})
        if progress.details[kind].reason == "max_requests" and part:
            turns.append(kind)
