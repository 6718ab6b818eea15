"""Work that is begun before its turn: in order, a few at once, and an error in its turn."""

from collections.abc import Iterator
from threading import Event, active_count

import pytest

from buildkite_source.exports.ahead import ahead


@pytest.mark.parametrize("threads", [0, 3])
def test_items_come_in_order_each_with_what_was_made_of_it(threads: int) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise LookupError(number)
        return number * 10

    found: list[object] = []
    for number, made in ahead(range(5), work, threads=threads, most=2):
        try:
            found.append((number, made()))
        except LookupError:
            found.append((number, "gone"))
    assert found == [(0, 0), (1, 10), (2, "gone"), (3, 30), (4, 40)]


def test_no_more_is_in_flight_than_may_be() -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            drawn.append(number)
            yield number

    begun = ahead(items(), lambda number: number, threads=8, most=6, weight=lambda _: 2)
    assert [next(begun)[0] for _ in range(2)] == [0, 1]
    # Three in flight, and the one that waits for room.
    assert drawn == [0, 1, 2, 3, 4]
    assert [number for number, _ in begun] == list(range(2, 10))


def test_one_that_weighs_more_than_may_be_goes_alone() -> None:
    begun = ahead([7, 1, 7], lambda number: number, threads=2, most=3, weight=int)
    assert [made() for _, made in begun] == [7, 1, 7]


def test_several_are_worked_on_at_once_and_none_is_left_behind() -> None:
    together = [Event() for _ in range(3)]
    before = active_count()

    def work(number: int) -> bool:
        together[number].set()
        return all(event.wait(10) for event in together)

    begun = ahead(range(3), work, threads=3, most=3)
    assert next(begun)[1]()
    begun.close()
    assert active_count() == before
