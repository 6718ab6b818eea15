"""By which requests the builds that events named are read; pure."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from buildkite_source.builds.hinted import HintedList
from buildkite_source.builds.memory import ListMemory
from buildkite_source.builds.passes import SyncPlan
from buildkite_source.client import Event, HintsRead, Refusal
from buildkite_source.events import Hint
from buildkite_source.windows import to_api

from .conftest import DAY, HOUR, MINUTE, NOW, build

COVERED = [[to_api(NOW - 3 * DAY), to_api(NOW)]]


class Api:
    """Builds by creation time, and what it was asked for."""

    def __init__(self, **builds: datetime) -> None:
        self.builds = builds
        self.asked: list[str] = []
        self.told: list[Event] = []
        self.missing: list[str] = []

    def serve(self, hints: list[Hint], covered: Any = COVERED, size: int = 100) -> HintsRead:
        memory = ListMemory([{"covered": covered}])
        plan = SyncPlan(since=NOW - 3 * DAY, now=NOW)
        reading = HintedList("acme", "o", memory, plan, self.told.append, hints)
        for _ in reading:
            self._answer(reading, size)
        (event,) = self.told
        assert isinstance(event, HintsRead)
        assert memory.covered == ListMemory([{"covered": covered}]).covered
        return event

    def _answer(self, reading: HintedList, size: int) -> None:
        slice_ = reading.cursor.slice
        refusal = None
        if slice_.number is not None:
            self.asked.append(f"{slice_.scope}/{slice_.number}")
            page = [build(key, at) for key, at in self.builds.items() if key == f"b{slice_.number}"]
            refusal, last = (None, True) if page else (Refusal.GONE, False)
        else:
            self.asked.append("list")
            inside = [
                (at, key)
                for key, at in self.builds.items()
                if slice_.window.start <= at < slice_.window.end
            ]
            page = [build(key, at) for at, key in sorted(inside, reverse=True)]
            page, last = page[:size], len(page) <= size
        reading.page(page, last=last, refusal=refusal)
        rows = reading.ended(NOW)
        self.missing += [item["id"] for item in rows if item.kind == "missing_builds"]


def named(number: int, created: datetime | None, place: str | None = "web") -> Hint:
    return Hint(f"b{number}", "acme", place, None, number, created)


def test_one_is_asked_for_by_its_number() -> None:
    api = Api(b1=NOW - HOUR)
    assert api.serve([named(1, NOW - HOUR)]) == HintsRead("acme", 1, 0, 0)
    assert api.asked == ["acme/pipelines/web/1"]


def test_a_thousand_of_one_hour_take_ten_pages() -> None:
    times = {number: NOW - HOUR - 3 * number * timedelta(seconds=1) for number in range(1000)}
    api = Api(**{f"b{number}": at for number, at in times.items()})
    assert api.serve([named(*pair) for pair in times.items()]).read == 1000
    assert api.asked == ["list"] * 10


def test_what_lies_further_apart_than_a_page_reaches_is_asked_for_by_number() -> None:
    others = {f"o{number}": NOW - HOUR - number * MINUTE for number in range(1500)}
    hints = {1: NOW - HOUR, 2: NOW - HOUR - 400 * MINUTE, 3: NOW - HOUR - 800 * MINUTE}
    api = Api(**others, **{f"b{number}": at for number, at in hints.items()})
    assert api.serve([named(*pair) for pair in hints.items()]).read == 3
    assert api.asked == ["list", "acme/pipelines/web/2", "acme/pipelines/web/3"]


@pytest.mark.parametrize("count", [2, 7, 40])
def test_never_more_requests_than_builds(count: int) -> None:
    others = {f"o{number}": NOW - HOUR - number * MINUTE for number in range(2000)}
    hints = {number: NOW - HOUR - 37 * number * MINUTE for number in range(count)}
    api = Api(**others, **{f"b{number}": at for number, at in hints.items()})
    assert api.serve([named(*pair) for pair in hints.items()]).read == count
    assert len(api.asked) <= count


def test_gone_is_what_neither_its_list_nor_its_address_brings() -> None:
    api = Api(b2=NOW - HOUR)
    hints = [named(1, NOW - HOUR - MINUTE), named(2, NOW - HOUR)]
    assert api.serve(hints) == HintsRead("acme", 1, 1, 0)
    assert api.missing == ["b1"]
    assert api.asked == ["list", "acme/pipelines/web/1"]


def test_a_build_of_a_renamed_pipeline_is_found_by_its_time() -> None:
    api = Api(moved=NOW - HOUR)
    hint = Hint("moved", "acme", "old-name", None, 5, NOW - HOUR)
    assert api.serve([hint]) == HintsRead("acme", 1, 0, 0)
    assert api.asked == ["acme/pipelines/old-name/5", "list"]


def test_what_may_yet_show_up_or_has_no_time_is_left_and_not_called_gone() -> None:
    api = Api()
    assert api.serve([named(1, NOW - MINUTE), named(2, None)]) == HintsRead("acme", 0, 0, 2)
    assert api.missing == []


def test_what_is_older_than_the_history_or_before_any_is_left() -> None:
    api = Api(b1=NOW - 9 * DAY)
    assert api.serve([named(1, NOW - 9 * DAY)]) == HintsRead("acme", 0, 0, 1)
    assert api.asked == []
    api = Api(b1=NOW - HOUR)
    assert api.serve([named(1, NOW - HOUR)], covered=[]).left == 1


def test_without_an_address_its_time_is_asked_for() -> None:
    api = Api(b1=NOW - HOUR)
    assert api.serve([named(1, NOW - HOUR, place=None)]).read == 1
    assert api.asked == ["list"]


def told_later(number: int, told: datetime, place: str | None = "web") -> Hint:
    return Hint(f"b{number}", "acme", place, None, number, None, told)


def test_when_creation_was_told_of_says_where_to_look() -> None:
    times = {number: NOW - HOUR - 3 * number * timedelta(seconds=1) for number in range(1000)}
    api = Api(**{f"b{number}": at for number, at in times.items()})
    hints = [
        told_later(number, at + number % 7 * timedelta(seconds=1)) for number, at in times.items()
    ]
    assert api.serve(hints).read == 1000
    # The builds at the end of a page may be told of before the next one's.
    assert api.asked.count("list") == 10
    assert len(api.asked) <= 1000 / 50


@pytest.mark.parametrize("late", [0, 59, 90, 4_000])
def test_a_guess_that_is_wrong_costs_a_request_and_no_build(late: int) -> None:
    created = {number: NOW - HOUR - number * MINUTE for number in range(5)}
    api = Api(**{f"b{number}": at for number, at in created.items()})
    hints = [told_later(number, at + timedelta(seconds=late)) for number, at in created.items()]
    assert api.serve(hints).read == 5
    assert len(api.asked) <= 6
    alone = Api(b1=NOW - HOUR)
    assert alone.serve([told_later(1, NOW - HOUR + timedelta(seconds=late), None)]).read == (
        late <= 60
    )


def test_many_builds_of_one_moment_come_to_an_end() -> None:
    at = NOW - HOUR
    others = {f"o{number}": at + number * timedelta(milliseconds=1) for number in range(900)}
    api = Api(**others)
    hints = [told_later(number, at) for number in range(3)]
    assert api.serve(hints) == HintsRead("acme", 0, 0, 3)
