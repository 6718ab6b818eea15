"""Dates of a bucket, each with its objects: the next ones are listed while one is read.

Where few builds lie in a date, and the bucket is far, it is the lists that take the time.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice

from buildkite_source.buckets import Store, Stored

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
    if not store.waits:
        yield from ((day, store.below(day.folder)) for day in days)
        return
    waiting = iter(days)
    begun: deque[tuple[Day, Iterator[Stored], Future[list[Stored]]]] = deque()
    with ThreadPoolExecutor(_AHEAD, thread_name_prefix="lists") as pool:

        def begin(most: int) -> None:
            for day in islice(waiting, most):
                objects = store.below(day.folder)
                begun.append((day, objects, pool.submit(_first, objects)))

        begin(_AHEAD)
        while begun:
            day, rest, first = begun.popleft()
            page = first.result()
            begin(1)
            yield day, chain(page, rest)


def _first(objects: Iterator[Stored]) -> list[Stored]:
    return list(islice(objects, _OBJECTS))
