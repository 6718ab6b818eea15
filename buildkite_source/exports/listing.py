"""Dates of a bucket, each with its objects: the next ones are listed while one is read.

Where few builds lie in a date, and the bucket is far, it is the lists that take the time.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from buildkite_source.buckets import Store, Stored

from .ahead import ahead
from .layout import Day

_AHEAD = 4
# Of each date that waits for its turn: a page of a list. What follows is listed in its turn.
_OBJECTS = 1_000


def listed(store: Store, days: Iterable[Day]) -> Iterator[tuple[Day, Iterator[Stored]]]:
    """Yield dates in order, each with what lies in it.

    Args:
        store: Where they lie. Of this machine's own folders nothing is listed ahead.
        days: The dates.

    Raises:
        BucketError: The store cannot be read.
    """
    begun = ((day, store.below(day.folder)) for day in days)
    # One is read, the others are listed.
    threads = _AHEAD if store.waits else 0
    for (day, rest), first in ahead(begun, _first, threads=threads, most=_AHEAD + 1):
        yield day, chain(first(), rest)


def _first(begun: tuple[Day, Iterator[Stored]]) -> list[Stored]:
    return list(islice(begun[1], _OBJECTS))
