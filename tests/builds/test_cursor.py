"""Slices read page by page against the plainest model of a build list."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.builds.cursor import SliceCursor
from buildkite_source.builds.passes import Slice
from buildkite_source.client import RawItem, Refusal
from buildkite_source.tables import Shaper
from buildkite_source.tables.slices import SLICES
from buildkite_source.windows import Window, floor, from_api

from ..client.examples import examples

EPOCH = datetime(2026, 8, 1, tzinfo=UTC)


@dataclass
class Model:
    """A list of builds, newest first, that refuses deep and heavy pages.

    Attributes:
        created: Creation time by build.
        heavy: Builds of which no two fit on one page.
        deepest: Builds that may lie before the end of a page.
        leaving: Chance that a build leaves the list before a page is read.
        late: Builds that show up in the list, one before each page.
    """

    created: dict[str, datetime]
    heavy: set[str] = field(default_factory=set)
    deepest: int = 10**9
    leaving: float = 0.0
    late: dict[str, datetime] = field(default_factory=dict)
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def page(self, window: Window, page: int, size: int) -> tuple[list[str], bool, Refusal | None]:
        for build in list(self.created):
            if self.rng.random() < self.leaving:
                del self.created[build]
        if self.late:
            self.created.update([self.late.popitem()])
        inside = [key for key, at in self.created.items() if is_in(window, at)]
        inside.sort(key=lambda key: (self.created[key], key), reverse=True)
        if page > 1 and page * size > self.deepest:
            return [], False, Refusal.TOO_DEEP
        builds = inside[(page - 1) * size : page * size]
        if size > 1 and len(self.heavy.intersection(builds)) > 1:
            return [], False, Refusal.TOO_HEAVY
        return builds, page * size < len(inside), None

    def item(self, build: str) -> RawItem:
        at = self.created[build].isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"id": build, "created_at": at, "state": "passed", "jobs": [{"id": "x"}]}
        return RawItem(json.dumps(head).encode(), EPOCH)


def is_in(window: Window, moment: datetime) -> bool:
    return window.start <= moment < window.end


def read(model: Model, slice_: Slice) -> Iterator[tuple[SliceCursor, set[str]]]:
    """Read a slice to its end or limit, as the paginator does; yield each part and what it saw."""
    part: Slice | None = slice_
    for _ in range(2000):
        if part is None:
            return
        reading, seen = SliceCursor(part), set()
        window, page = part.window, 1
        while True:
            builds, more, refusal = model.page(window, page, part.per_page)
            reading.complete, reading.refusal = not more and not refusal, refusal
            if refusal:
                break
            seen.update(head.id for head in reading.heads([model.item(key) for key in builds]))
            if not more or reading.full:
                break
            assert not reading.endless
            end, page = reading.following()
            window = Window(window.start, from_api(end))
        yield reading, seen
        part = reading.rest()
    raise AssertionError("reading never ends")


MOMENTS = st.integers(0, 119_999).map(lambda ms: EPOCH + timedelta(milliseconds=ms))
BUILDS = st.lists(MOMENTS, max_size=60).map(
    lambda moments: {f"b{number}": at for number, at in enumerate(moments)}
)
WINDOW = Window(EPOCH, EPOCH + timedelta(seconds=120))


@given(
    created=BUILDS,
    heavy=st.sets(st.integers(0, 59).map("b{}".format), max_size=12),
    deepest=st.integers(100, 300),
    size=st.sampled_from([1, 10, 100]),
)
@examples(100)
def test_a_slice_is_read_whole_whatever_the_api_refuses(
    created: dict[str, datetime], heavy: set[str], deepest: int, size: int
) -> None:
    model = Model(dict(created), heavy, deepest)
    seen: set[str] = set()
    covered: list[Window] = []
    for reading, builds in read(model, Slice("history", WINDOW, per_page=size)):
        seen |= builds
        covered.append(reading.read)
        claimed = {
            key for key, at in created.items() if reading.read.start <= at < reading.read.end
        }
        assert claimed <= builds
    assert seen == set(created)
    assert reading.complete
    assert covered[0].end == WINDOW.end
    assert covered[-1].start == WINDOW.start
    assert all(later.end == earlier.start for earlier, later in pairwise(covered))


@given(created=BUILDS, pages=st.integers(1, 4), heavy=st.sets(st.integers(0, 59).map("b{}".format)))
@examples(80)
def test_a_limited_slice_claims_only_what_it_read(
    created: dict[str, datetime], pages: int, heavy: set[str]
) -> None:
    model = Model(dict(created), heavy)
    seen: set[str] = set()
    for reading, builds in read(model, Slice("history", WINDOW, pages=pages)):
        seen |= builds
        claimed = {
            key for key, at in created.items() if reading.read.start <= at < reading.read.end
        }
        assert claimed <= seen


def fewer_a_second(created: dict[str, datetime], most: int) -> dict[str, datetime]:
    """Leave out builds until no second has more than `most`."""
    count: Counter[datetime] = Counter()
    kept = {}
    for build, at in created.items():
        count[floor(at)] += 1
        if count[floor(at)] <= most:
            kept[build] = at
    return kept


@given(
    # Within a second of more builds than a page has, those that leave shift what is left of it.
    created=BUILDS.map(lambda created: fewer_a_second(created, most=9)),
    late=BUILDS,
    leaving=st.floats(0, 0.2),
    seed=st.integers(0, 999),
    name=st.sampled_from(["new", "history", "open"]),
)
@examples(120)
def test_what_stays_in_a_list_is_seen_though_others_leave_it_and_come(
    created: dict[str, datetime], late: dict[str, datetime], leaving: float, seed: int, name: str
) -> None:
    late = {f"late {key}": at for key, at in fewer_a_second(late, most=1).items()}
    model = Model(dict(created), leaving=leaving, rng=random.Random(seed), late=late)
    seen: set[str] = set()
    for _, builds in read(model, Slice(name, WINDOW, per_page=10)):
        seen |= builds
    assert set(created) & set(model.created) <= seen


def test_pages_that_bring_the_same_for_ever_are_noticed_and_one_that_does_is_not() -> None:
    reading = SliceCursor(Slice("history", WINDOW, per_page=2))
    model = Model({f"b{n}": EPOCH + timedelta(seconds=n) for n in range(2)})
    page = [model.item(key) for key in model.created]
    list(reading.heads(page))
    for stale in (False, False, True):
        list(reading.heads(page))
        assert reading.endless is stale
    list(reading.heads([model.item("b0"), RawItem(b'{"id": "new"}', EPOCH)]))
    assert not reading.endless


def test_a_server_of_smaller_pages_is_read_to_the_end_of_a_crowded_second() -> None:
    created = {f"b{n}": EPOCH + timedelta(milliseconds=n) for n in range(95)}
    model = Model(dict(created))
    served = 30
    reading, seen, page = SliceCursor(Slice("history", WINDOW)), set(), 1
    for _ in range(9):
        builds, more, _ = model.page(WINDOW, page, served)
        seen.update(head.id for head in reading.heads([model.item(key) for key in builds]))
        if not more:
            break
        _, page = reading.following()
    assert seen == set(created)


def test_more_builds_in_a_second_than_the_api_pages_through_end_the_slice() -> None:
    model = Model({f"b{n}": EPOCH + timedelta(milliseconds=n) for n in range(350)}, deepest=300)
    parts = list(read(model, Slice("history", WINDOW)))
    last, _ = parts[-1]
    assert last.refusal is Refusal.TOO_DEEP
    assert not last.complete
    assert last.read.start == EPOCH + timedelta(seconds=1)


def test_a_page_too_heavy_is_divided_and_larger_pages_are_tried_again() -> None:
    created = {f"b{n:03}": EPOCH + timedelta(seconds=n) for n in range(400)}
    model = Model(dict(created), heavy={"b395", "b396"})
    slice_ = Slice("history", Window(EPOCH, EPOCH + timedelta(seconds=400)))
    sizes = [reading.slice.per_page for reading, _ in read(model, slice_)]
    assert sizes == [100, 10, 1, 10, 100]


@pytest.mark.parametrize(
    "changes",
    [{"id": None}, {"created_at": None}, {"created_at": 17}, {"created_at": "no time"}, {"id": 3}],
    ids=["no id", "no time", "a number for a time", "a word for a time", "a number for an id"],
)
def test_a_build_without_what_the_passes_need_takes_its_place_and_is_passed_over(
    changes: dict[str, Any],
) -> None:
    head = {"id": "b", "created_at": "2026-08-01T04:00:00Z"} | changes
    reading = SliceCursor(Slice("new", WINDOW, per_page=1))
    assert list(reading.heads([RawItem(json.dumps(head).encode(), EPOCH)])) == []
    assert reading.builds == 1
    assert reading.following() == ("2026-08-01T00:02:00Z", 2)


def test_a_flag_of_another_type_is_as_good_as_none() -> None:
    head = {"id": "b", "created_at": "2026-08-01T04:00:00Z", "blocked": "maybe", "state": 4}
    (found,) = SliceCursor(Slice("new", WINDOW)).heads([RawItem(json.dumps(head).encode(), EPOCH)])
    assert (found.state, found.blocked) == (None, None)


def test_odd_text_elsewhere_in_a_build_does_not_matter_to_the_passes() -> None:
    raw = (
        rb'{"id": "b", "created_at": "2026-08-01T04:00:00Z", "message": "\ud83d", "blocked": null}'
    )
    (head,) = SliceCursor(Slice("new", WINDOW)).heads([RawItem(raw, EPOCH)])
    assert (head.id, head.state, head.blocked) == ("b", None, None)


def test_the_record_of_a_slice_tells_how_far_it_came() -> None:
    model = Model({f"b{n}": EPOCH + timedelta(seconds=n) for n in range(120)})
    slice_ = Slice("history", WINDOW, (("state[]", "passed"),), pages=1)
    ((reading, _),) = read(model, slice_)
    record = reading.record("acme", EPOCH + timedelta(days=1))
    assert record == {
        "id": "acme history 2026-08-01T00:00:00Z 2026-08-01T00:02:00Z at 2026-08-02T00:00:00Z",
        "list": "acme",
        "pass": "history",
        "created_from": "2026-08-01T00:00:00Z",
        "created_to": "2026-08-01T00:02:00Z",
        "read_from": "2026-08-01T00:00:21Z",
        "filters": "state%5B%5D=passed",
        "pages": 1,
        "builds": 100,
        "complete": False,
        "run_at": "2026-08-02T00:00:00Z",
    }
    (row,) = Shaper((SLICES,))(SLICES, [RawItem(json.dumps(record).encode(), EPOCH)]).to_pylist()
    assert {name: row[name] for name in record} == record | {
        name: from_api(record[name])
        for name in ("created_from", "created_to", "read_from", "run_at")
    }
