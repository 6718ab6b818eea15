"""Work that is begun before its turn: what waits for a bucket is done in threads, a few at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def ahead(
    items: Iterable[Item],
    work: Callable[[Item], Made],
    *,
    threads: int,
    most: int,
    weight: Callable[[Item], int] = lambda _: 1,
) -> Iterator[tuple[Item, Callable[[], Made]]]:
    """Yield items in order, each with a function that returns what was made of it, or raises.

    Args:
        items: Drawn no further ahead than is in flight.
        work: What is done with an item, in a thread.
        threads: How many are worked on at once; 0 for one after the other, each in its turn.
        most: Weight that may be in flight, but for a single item that weighs more.
        weight: Of an item.
    """
    if not threads:
        yield from ((item, partial(work, item)) for item in items)
        return
    flying: deque[tuple[Item, Future[Made]]] = deque()
    held = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="exports") as pool:
        try:
            for item in items:
                while flying and held + weight(item) > most:
                    first, made = flying.popleft()
                    yield first, made.result
                    held -= weight(first)
                flying.append((item, pool.submit(work, item)))
                held += weight(item)
            while flying:
                first, made = flying.popleft()
                yield first, made.result
        finally:
            for _, made in flying:
                made.cancel()
