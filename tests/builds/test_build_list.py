"""One build list, run after run: what its passes bring, and what is remembered of them."""

from datetime import datetime, timedelta

import pytest

from buildkite_source.builds.build_list import BuildList
from buildkite_source.builds.memory import ListMemory
from buildkite_source.builds.passes import SyncPlan
from buildkite_source.client import ListRead, Refusal, UnreachableError
from buildkite_source.windows import Window, to_api

from .conftest import DAY, HOUR, MINUTE, NOW, Runs, build


def test_a_first_run_remembers_what_is_settled_and_who_runs(runs: Runs) -> None:
    assert runs.passes == ["history"]
    assert runs.kept == {
        "covered": [[to_api(NOW - 3 * DAY), to_api(NOW - 5 * MINUTE)]],
        "open": {"a": to_api(NOW - DAY)},
        "finished": to_api(NOW),
        "rechecked": to_api(NOW),
        "stood": to_api(NOW),
    }


def test_a_build_that_no_pass_returns_is_asked_for_and_then_missing_once(runs: Runs) -> None:
    runs.run(NOW + HOUR, {})
    assert runs.passes == ["new", "open", "finished", "lost"]
    told = {"id": "a", "created_at": to_api(NOW - DAY), "noticed_at": to_api(NOW + HOUR)}
    assert ("missing_builds", told) in runs.rows
    assert runs.kept["open"] == {}
    runs.run(NOW + 2 * HOUR, {})
    assert (runs.passes, runs.missing) == (["new", "open", "finished"], [])


@pytest.mark.parametrize("name", ["new", "open", "finished"])
def test_a_build_that_a_pass_returns_is_not_lost(runs: Runs, name: str) -> None:
    runs.run(NOW + HOUR, {name: [build("a", NOW - DAY, "running")]})
    assert runs.passes == ["new", "open", "finished"]
    assert runs.kept["open"] == {"a": to_api(NOW - DAY)}
    runs.run(NOW + 2 * HOUR, {name: [build("a", NOW - DAY, "passed")]})
    assert runs.passes == ["new", "open", "finished"]
    assert runs.kept["open"] == {}


@pytest.mark.parametrize(
    ("state", "blocked", "followed"),
    [("running", None, True), ("passed", True, False), ("waiting for what is new", False, False)],
)
def test_a_lost_build_that_is_found_is_not_missing(
    runs: Runs, state: str, blocked: bool, followed: bool
) -> None:
    runs.run(NOW + HOUR, {"lost": [build("a", NOW - DAY, state, blocked=blocked)]})
    assert runs.missing == []
    assert ("a" in runs.kept["open"]) is followed


def test_a_build_is_not_missing_because_its_page_was_refused(runs: Runs) -> None:
    runs.run(NOW + HOUR, {"lost": Refusal.STOPPED})
    assert runs.missing == []
    assert [row["pages"] for _, row in runs.rows if row["pass"] == "lost"] == [0]
    assert runs.kept["open"] == {"a": to_api(NOW - DAY)}
    runs.run(NOW + 2 * HOUR, {})
    assert runs.missing == ["a"]


@pytest.mark.parametrize("name", ["new", "open", "finished"])
def test_a_run_that_is_stopped_draws_no_conclusions(runs: Runs, name: str) -> None:
    stopped_at = NOW + 2 * DAY
    order = ["new", "open", "finished"]
    answers = dict.fromkeys(order[order.index(name) :], Refusal.STOPPED)
    runs.run(stopped_at, answers, since=NOW - 9 * DAY)
    assert (runs.passes, runs.missing) == (order, [])
    assert runs.kept["open"] == {"a": to_api(NOW - DAY)}
    assert runs.kept["finished"] == runs.kept["rechecked"] == to_api(NOW)
    assert (len(runs.kept["covered"]), runs.kept["covered"][-1][1]) == (
        1,
        to_api((NOW if name == "new" else stopped_at) - 5 * MINUTE),
    )
    assert runs.read is not None
    assert runs.read.more


def test_each_pass_that_was_read_to_its_end_moves_its_own_watermark(runs: Runs) -> None:
    now = NOW + DAY + HOUR
    runs.run(now, {"recheck": Refusal.STOPPED})
    assert runs.kept["finished"] == to_api(now)
    assert runs.kept["rechecked"] == to_api(NOW)
    runs.run(now + HOUR, {"finished": Refusal.STOPPED}, recheck_days=0)
    assert runs.kept["finished"] == to_api(now)
    runs.run(now + 2 * HOUR, {})
    assert runs.passes == ["new", "open", "finished", "recheck"]
    assert runs.kept["rechecked"] == runs.kept["finished"] == to_api(now + 2 * HOUR)


def test_what_was_read_in_part_is_covered_in_part(runs: Runs) -> None:
    now = NOW + DAY
    plan = SyncPlan(since=NOW - 3 * DAY, now=now)
    builds = BuildList(
        "acme", "o", ListMemory([runs.kept]), plan, lambda event: None, lambda window: {}
    )
    asked = iter(builds)
    next(asked)
    builds.page([build("c", now - HOUR)], last=False, refusal=None)
    builds.page([], last=False, refusal=Refusal.STOPPED)
    builds.ended(now)
    assert ListMemory([runs.kept]).covered == [
        Window(NOW - 3 * DAY, NOW - 5 * MINUTE),
        Window(now - HOUR + timedelta(seconds=1), now - 5 * MINUTE),
    ]
    assert runs.kept["open"].keys() == {"a", "c"}


def test_passes_that_leave_builds_out_do_not_count_as_having_loaded_a_gap(runs: Runs) -> None:
    old = [to_api(NOW - 9 * DAY), to_api(NOW - 8 * DAY)]
    runs.kept["covered"].insert(0, old)
    runs.run(NOW + HOUR, {})
    assert runs.passes == ["new", "open", "finished", "lost"]
    assert runs.kept["covered"] == [old, [to_api(NOW - 3 * DAY), to_api(NOW + 55 * MINUTE)]]


def test_a_page_too_heavy_is_asked_for_in_smaller_ones_and_the_run_goes_on(runs: Runs) -> None:
    plan = SyncPlan(since=NOW - 3 * DAY, now=NOW + HOUR)
    builds = BuildList(
        "acme", "o", ListMemory([runs.kept]), plan, lambda event: None, lambda window: {}
    )
    asked = []
    for params in builds:
        asked.append((builds.cursor.slice.name, params["per_page"]))
        heavy = Refusal.TOO_HEAVY if asked == [("new", 100)] else None
        builds.page([], last=not heavy, refusal=heavy)
        builds.ended(NOW + HOUR)
    whole = [("open", 100), ("finished", 100), ("lost", 100)]
    assert asked == [("new", 100), ("new", 10), *whole]
    assert runs.kept["open"] == {}


@pytest.mark.parametrize(
    ("owned_from", "oldest", "told"),
    [
        (None, NOW - 40 * DAY, True),
        (NOW - 300 * DAY, NOW - 40 * DAY, True),
        (NOW - 41 * DAY, NOW - 40 * DAY, False),  # it is young
        (NOW - 300 * DAY, NOW - 20 * DAY, False),  # nothing of that age is forgotten
        (NOW - 300 * DAY, NOW - 90 * DAY + HOUR, False),  # there is nearly all of it
        (NOW - 300 * DAY, None, False),  # it is empty
    ],
)
def test_what_seems_to_be_forgotten_is_told(
    owned_from: datetime | None, oldest: datetime | None, told: bool
) -> None:
    first = Runs(owned_from=owned_from)
    answer = [build("z", oldest, "passed")] if oldest else []
    first.run(NOW, {"history": answer}, since=NOW - 90 * DAY)
    assert first.read is not None
    assert first.read.oldest == (oldest if told else None)


def test_a_backfill_looks_for_no_lost_builds_and_keeps_them(runs: Runs) -> None:
    until = NOW - 10 * MINUTE
    runs.run(NOW + 2 * DAY, {}, since=NOW - 9 * DAY, until=until)
    assert (runs.passes, runs.missing) == (["history"], [])
    assert runs.kept["open"] == {"a": to_api(NOW - DAY)}
    assert runs.kept["finished"] == runs.kept["rechecked"] == to_api(NOW)
    assert runs.read == ListRead("acme", False, 0, 0, until, None)


def test_what_does_not_fit_into_the_requests_for_lost_builds_waits(runs: Runs) -> None:
    runs.run(NOW + HOUR, {"new": [build("c", NOW + MINUTE)]})
    runs.kept["open"]["a"] = to_api(NOW - DAY)
    # A page that ends between the two tells of the younger one alone.
    between = (build("d", NOW - HOUR, "passed"),)
    runs.run(NOW + 2 * HOUR, {"lost": between}, lost_requests=1)
    assert runs.missing == ["c"]
    assert runs.read is not None
    assert runs.read.left_out == 1
    runs.run(NOW + 3 * HOUR, {}, lost_requests=1)
    assert runs.missing == ["a"]


def test_lost_builds_further_apart_than_a_page_are_asked_for_in_one_run(runs: Runs) -> None:
    runs.run(NOW + HOUR, {"new": [build("c", NOW + MINUTE)]})
    runs.kept["open"]["a"] = to_api(NOW - DAY)
    builds = runs.list_of(SyncPlan(since=NOW - 9 * DAY, now=NOW + 2 * HOUR))
    passes: list[str] = []
    for _ in builds:
        passes.append(builds.cursor.slice.name)
        others_follow = passes[-1] == "lost" and passes.count("lost") == 1
        page = [build("d", NOW - HOUR, "passed")] if others_follow else []
        builds.page(page, last=not others_follow, refusal=None)
        builds.ended(NOW + 2 * HOUR)
    assert passes == ["new", "open", "finished", "lost", "lost", "history"]
    assert builds.left_out == 0


def test_one_page_tells_of_all_lost_builds_that_the_api_has_forgotten(runs: Runs) -> None:
    runs.run(NOW + HOUR, {"new": [build("c", NOW + MINUTE)]})
    runs.kept["open"]["a"] = to_api(NOW - DAY)
    runs.run(NOW + 2 * HOUR, {})
    assert runs.passes == ["new", "open", "finished", "lost"]
    assert sorted(runs.missing) == ["a", "c"]


def test_a_build_that_stays_open_for_ever_is_not_followed_for_ever(runs: Runs) -> None:
    runs.run(NOW + HOUR, {}, open_days=2, lost_requests=0)
    assert runs.kept["open"] == {"a": to_api(NOW - DAY)}
    runs.run(NOW + 4 * DAY, {}, open_days=2, recheck_days=0)
    assert "lost" not in runs.passes
    assert runs.kept["open"] == {}


def test_what_is_wanted_again_is_read_again_and_the_rest_is_kept(runs: Runs) -> None:
    now = NOW + HOUR
    runs.run(now, {}, since=NOW - 2 * DAY, again=True)
    (new,) = (row for _, row in runs.rows if row.get("pass") == "new")
    assert (new["created_from"], new["created_to"]) == (to_api(NOW - 2 * DAY), to_api(now))
    assert runs.kept["covered"] == [[to_api(NOW - 3 * DAY), to_api(now - 5 * MINUTE)]]


@pytest.mark.parametrize("refusal", [Refusal.TOO_DEEP, Refusal.TOO_HEAVY])
def test_a_list_of_which_no_smaller_part_is_left_to_ask_is_an_error(
    runs: Runs, refusal: Refusal
) -> None:
    with pytest.raises(UnreachableError, match=f"acme created up to .* are {refusal}"):
        runs.run(NOW + HOUR, {"finished": refusal})
    assert runs.kept["finished"] == to_api(NOW)
