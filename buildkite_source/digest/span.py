"""The time a digest is of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlglot import exp, parse_one

from buildkite_source.metrics.functions import DIALECT, spell_out
from buildkite_source.warehouse.queries import filled
from buildkite_source.windows import parse_duration, parse_since, parse_until

USUAL = timedelta(days=7)

_WINDOWS = """
SELECT
  organization_id,
  0 AS window_days,
  window_from - CAST(round(seconds_between(window_from, window_to)) AS BIGINT) * INTERVAL '1 second'
    AS previous_from,
  window_from,
  window_to
FROM (
  SELECT organization_id, :since AS window_from, least(:until, as_of) AS window_to
  FROM metric_clock
) AS given
WHERE window_from < window_to
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A time to look at; it is compared with the equally long time before it.

    A duration counts back from the moment the data of an organization is of, so that a digest of
    data that is a day old still has all of its days.

    Attributes:
        since: Its start.
        until: Its end, which is not in it; at most the moment the data is of.
    """

    since: datetime | timedelta = USUAL
    until: datetime | timedelta = timedelta(0)

    @classmethod
    def parse(cls, since: str | None, until: str | None, now: datetime) -> Self:
        """Return the span that two arguments name: dates, times, or durations such as `30d`.

        Args:
            since: Start; without it, seven days before the end.
            until: End; without it, the moment the data is of.
            now: The time; neither may be later.

        Raises:
            ValueError: With a message that says what the arguments have to be.
        """
        end: datetime | timedelta = timedelta(0)
        if until:
            lasting = parse_duration(until)
            end = parse_until(until, now) if lasting is None else lasting
        if since:
            # Refuses what is no time, and no time at all.
            moment = parse_since(since, now)
            start = parse_duration(since) or moment
        else:
            start = end + USUAL if isinstance(end, timedelta) else end - USUAL
        return cls(start, end)

    def windows(self) -> Any:
        """Return the query that stands for `metric_windows` when the views are asked for this."""
        query = spell_out(parse_one(_WINDOWS, dialect=DIALECT))
        values = {"since": _moment(self.since), "until": _moment(self.until)}
        return filled(query, **values)


def _moment(value: datetime | timedelta) -> Any:
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "TIMESTAMPTZ")
    return parse_one(f"as_of - {value // timedelta(seconds=1)} * INTERVAL '1 second'")
