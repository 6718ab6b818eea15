from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_source.sync import Window, missing, parse_since, to_api
from buildkite_source.sync.windows import OVERLAP, common, extend, from_api

from ..client.examples import examples

NOW = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
MOMENTS = st.integers(0, 100_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
WINDOWS = st.tuples(MOMENTS, MOMENTS).map(sorted).map(lambda pair: Window(*pair))
REAL_WINDOWS = WINDOWS.filter(lambda window: window.start < window.end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", timedelta(days=30)),
        ("12h", timedelta(hours=12)),
        ("2w", timedelta(weeks=2)),
        ("90m", timedelta(minutes=90)),
        (" 30d\n", timedelta(days=30)),
        ("007d", timedelta(days=7)),
    ],
)
def test_a_duration_counts_back_from_now(text: str, expected: timedelta) -> None:
    assert parse_since(text, NOW) == NOW - expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-07-01T04:05:06Z", datetime(2026, 7, 1, 4, 5, 6, tzinfo=UTC)),
        ("2026-07-01T04:05:06+02:00", datetime(2026, 7, 1, 2, 5, 6, tzinfo=UTC)),
        ("2026-07-01 04:05", datetime(2026, 7, 1, 4, 5, tzinfo=UTC)),
        (" 2026-07-01 ", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-08-01T05:30:00+02:00", datetime(2026, 8, 1, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_date_or_time_is_utc_unless_it_says_otherwise(text: str, expected: datetime) -> None:
    since = parse_since(text, NOW)
    assert since == expected
    assert since.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "30",
        "d",
        "30y",
        "-30d",
        "1.5d",
        "30d12h",
        "01/08/2026",
        "2026-13-01",
        "all",
    ],
)
def test_anything_else_is_refused_with_the_forms_that_work(text: str) -> None:
    with pytest.raises(ValueError, match=r"no date and no duration\. .*2026-08-01.*30d"):
        parse_since(text, NOW)


@pytest.mark.parametrize(
    "text", ["2026-08-02", "2026-08-01T04:00:00Z", "2026-08-01T04:00:00-01:00"]
)
def test_the_future_is_refused_and_now_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="lies in the future; it is 2026-08-01T04:00:00Z"):
        parse_since(text, NOW)


@given(
    text=st.text(max_size=12)
    | st.from_regex(r"\d{1,12}[mhdw]", fullmatch=True)
    | st.from_regex(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?)?", fullmatch=True)
)
@example("99999999999999999999d")
@example("1000000d")
@example("0001-01-01")
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-14:00")
@example("0d")
@example("٣d")
@examples(100)
def test_any_text_is_a_past_moment_or_a_value_error(text: str) -> None:
    try:
        since = parse_since(text, NOW)
    except ValueError:
        return
    assert since < NOW
    assert since.utcoffset() == timedelta(0)
    Window(since, NOW).params()


@given(moment=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES))
@example(datetime(999, 12, 31, tzinfo=UTC))
@examples(100)
def test_api_times_keep_the_second_whatever_the_zone(moment: datetime) -> None:
    text = to_api(moment)
    assert len(text) == len("2026-08-01T04:00:00Z")
    assert from_api(text) == moment.astimezone(UTC).replace(microsecond=0)


def test_filters_are_whole_seconds_in_utc() -> None:
    start = datetime(2026, 8, 1, 6, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert Window(start, NOW + timedelta(days=1)).params() == {
        "created_from": "2026-08-01T04:00:00Z",
        "created_to": "2026-08-02T04:00:00Z",
    }


@given(covered=st.none() | REAL_WINDOWS, since=MOMENTS, length=st.integers(1, 100_000))
@examples(100)
def test_covered_and_missing_together_reach_from_since_to_now(
    covered: Window | None, since: datetime, length: int
) -> None:
    now = max(since, covered.start if covered else since) + timedelta(seconds=length)
    windows = missing(covered, since, now)
    assert all(window.start < window.end <= now for window in windows)
    assert windows == sorted(windows, key=lambda window: window.end, reverse=True)
    reached = since
    for window in sorted([*windows, *([covered] if covered else [])]):
        if window.start <= reached:
            reached = max(reached, window.end)
    assert reached >= now


@given(covered=REAL_WINDOWS, since=MOMENTS, later=st.integers(1, 100_000))
@examples(100)
def test_asks_again_for_the_overlap_and_for_nothing_else_that_is_covered(
    covered: Window, since: datetime, later: int
) -> None:
    now = covered.end + timedelta(seconds=later)
    newest, *older = missing(covered, min(since, now - timedelta(seconds=1)), now)
    assert newest == Window(covered.end - OVERLAP, now)
    assert all(window.end <= covered.start for window in older)


def test_nothing_covered_is_one_window() -> None:
    start = NOW - timedelta(days=30)
    assert missing(None, start, NOW) == [Window(start, NOW)]


def test_a_longer_history_is_asked_for_after_the_news() -> None:
    covered = Window(NOW - timedelta(days=2), NOW - timedelta(days=1))
    since = NOW - timedelta(days=9)
    assert missing(covered, since, NOW) == [
        Window(covered.end - OVERLAP, NOW),
        Window(since, covered.start),
    ]


def test_a_clock_that_goes_back_asks_for_no_empty_window() -> None:
    covered = Window(NOW - timedelta(days=2), NOW)
    earlier = NOW - timedelta(hours=1)
    assert missing(covered, NOW - timedelta(days=1), earlier) == []


@given(covered=REAL_WINDOWS, done=REAL_WINDOWS)
@examples(100)
def test_extended_coverage_claims_what_was_loaded_and_no_gap(covered: Window, done: Window) -> None:
    result = extend(covered, done)
    apart = done.end < covered.start or covered.end < done.start
    if apart:
        assert result == max(covered, done, key=lambda window: window.end)
    else:
        assert result.start == min(covered.start, done.start)
        assert result.end == max(covered.end, done.end)


def test_the_first_window_is_the_coverage() -> None:
    done = Window(NOW, NOW + timedelta(days=1))
    assert extend(None, done) == done


@given(windows=st.lists(st.none() | REAL_WINDOWS, max_size=4), moment=MOMENTS)
@examples(100)
def test_common_coverage_is_in_every_table(windows: list[Window | None], moment: datetime) -> None:
    result = common(windows)
    inside = bool(windows) and all(
        window is not None and window.start <= moment < window.end for window in windows
    )
    assert (result is not None and result.start <= moment < result.end) is inside
    assert result is None or result.start < result.end
