"""What `status` says of events: by kind, how late, and what the safety net had to find."""

from collections.abc import Iterator
from statistics import median

from dlt import Pipeline

from buildkite_source.printable import one_line
from buildkite_source.tables import BUILDS, EVENTS
from buildkite_source.warehouse.stored import rows_for

_SHOWN = 12
# Seconds that an event may seem to be early: clocks differ, and times of webhooks are cut.
_TOLERANCE = 5.0
_EVENTS = """
SELECT event, count(*) AS n, max(received_at) AS last_at
FROM events GROUP BY event ORDER BY n DESC, event
"""
_SPAN = "SELECT min(received_at) AS first_at, max(received_at) AS last_at FROM events"
_TIMES = """
SELECT e.occurred_at AS occurred_at, e.received_at AS received_at, b.fetched_at AS fetched_at
FROM events AS e LEFT JOIN builds AS b ON b.id = e.build_id
WHERE e.event = 'build.finished' ORDER BY e.received_at DESC LIMIT 1000
"""
_FINISHED = """
SELECT b.id AS id, b.finished_at AS finished_at, max(e.received_at) AS received_at
FROM builds AS b LEFT JOIN events AS e ON e.build_id = b.id
WHERE b.finished_at IS NOT NULL
GROUP BY b.id, b.finished_at
HAVING b.finished_at >= (SELECT min(received_at) FROM events)
ORDER BY b.finished_at DESC LIMIT 10000
"""


def of_events(pipeline: Pipeline, stored: set[str]) -> Iterator[str]:
    """Yield lines on events; none where none were ever received."""
    if EVENTS.name not in stored:
        return
    kinds = rows_for(pipeline, _EVENTS)
    if not kinds:
        return
    ((first, last),) = rows_for(pipeline, _SPAN)
    total = sum(count for _, count, _ in kinds)
    yield f"Events: {total:,}, from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M:%S} UTC"
    for name, count, newest in kinds[:_SHOWN]:
        yield f"  {one_line(name)}: {count:,}, last {newest:%Y-%m-%d %H:%M:%S}"
    if len(kinds) > _SHOWN:
        yield f"  and {len(kinds) - _SHOWN:,} further kinds"
    if BUILDS.name in stored:
        yield from _lateness(pipeline)
        yield from _repaired(pipeline)


def _lateness(pipeline: Pipeline) -> Iterator[str]:
    """Yield how late events came and rows followed: the median of the last thousand finishes."""
    rows = rows_for(pipeline, _TIMES)
    came = [(got - at).total_seconds() for at, got, _ in rows if at]
    read = [(row - got).total_seconds() for _, got, row in rows if row and row >= got]
    if came:
        yield f"  finished builds: their event came {median(came):.1f} s after the finish"
    if read:
        yield f"  and the API was asked {median(read):.1f} s after the event (medians)"


def _repaired(pipeline: Pipeline) -> Iterator[str]:
    """Yield how many finishes no event told, which an ordinary sync had to find."""
    rows = rows_for(pipeline, _FINISHED)
    if not rows:
        return
    silent = sum(
        received is None or (received - finished).total_seconds() < -_TOLERANCE
        for _, finished, received in rows
    )
    yield (
        f"  found by a sync and told by no event: {silent:,} of the last {len(rows):,} "
        f"builds that finished since then ({silent / len(rows):.1%})"
    )
