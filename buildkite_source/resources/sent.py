"""Events that were received → the table `events`."""

from collections.abc import Iterator, Sequence
from typing import Any

import dlt
import orjson
from dlt.extract import DltResource

from buildkite_source.client import BuildkiteSession, RawItem
from buildkite_source.events import Event
from buildkite_source.tables import EVENTS, resource_hints
from buildkite_source.tables.times import parse_time

from .keep import Keep
from .rejects import Rejects
from .tables import counted, shaped, shaper_of


def event_table(events: Sequence[Event], keep: Keep, session: BuildkiteSession) -> DltResource:
    """Return the resource of events; merged by their ids, so that none is there twice.

    Args:
        events: As `event_of` returns them.
        keep: Takes from the table what is not to be kept.
        session: Hears of what is rejected.
    """
    table = keep(EVENTS)

    def rows() -> Iterator[Any]:
        rejects = Rejects(keep, session.tell)
        shaper = shaper_of((table,), session, rejects)
        items = [RawItem(orjson.dumps(event), parse_time(event["received_at"])) for event in events]
        yield counted(table, shaped(shaper, table, items))
        yield from rejects.rows()

    # dlt documents more of its arguments than its overloads have.
    made: DltResource = dlt.resource(rows, selected=False, **resource_hints(table))
    return made
