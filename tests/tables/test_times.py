import math
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_source.tables.times import parse_time

from ..client.examples import examples

MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)


@given(
    moment=MOMENTS,
    fraction=st.text("0123456789", max_size=12) | st.from_regex("[0-9]{6}50*", fullmatch=True),
    zone=st.sampled_from(["Z", " UTC", "+00:00"]),
)
@example(moment=datetime(2026, 8, 1), fraction="1234565", zone="Z")
@examples(80)
def test_reads_iso_times_with_any_fraction(moment: datetime, fraction: str, zone: str) -> None:
    moment = moment.replace(microsecond=0)
    dotted = f".{fraction}" if fraction else ""
    # Half a microsecond and more is a whole one, as on the fast path.
    microseconds = math.floor(Fraction(f"0{dotted}") * 10**6 + Fraction(1, 2))
    expected = moment.replace(tzinfo=UTC) + timedelta(microseconds=microseconds)
    assert parse_time(moment.isoformat() + dotted + zone) == expected


@given(moment=MOMENTS, fraction=st.text("0123456789", min_size=1, max_size=9))
@example(moment=datetime(2026, 8, 1), fraction="0000005")
@examples(80)
def test_reads_fractions_as_the_fast_path_does(moment: datetime, fraction: str) -> None:
    text = f"{moment.isoformat(timespec='seconds')}.{fraction}Z"
    assert parse_time(text) == msgspec.json.decode(f'"{text}"', type=datetime)


@given(moment=MOMENTS)
@examples(60)
def test_reads_the_older_form(moment: datetime) -> None:
    text = moment.isoformat(sep=" ", timespec="seconds") + " UTC"
    assert parse_time(text) == moment.replace(microsecond=0, tzinfo=UTC)


@given(moment=MOMENTS, minutes=OFFSETS, colon=st.sampled_from([":", ""]))
@examples(100)
def test_reads_offsets_into_utc(moment: datetime, minutes: int, colon: str) -> None:
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    text = f"{moment.isoformat(timespec='milliseconds')}{sign}{hours:02}{colon}{rest:02}"
    expected = moment.replace(
        microsecond=moment.microsecond // 1000 * 1000,
        tzinfo=timezone(timedelta(minutes=minutes)),
    )
    parsed = parse_time(text)
    assert parsed == expected
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-01T04:00:00.123Z", datetime(2026, 8, 1, 4, 0, 0, 123_000, tzinfo=UTC)),
        ("2013-09-03 13:24:38 UTC", datetime(2013, 9, 3, 13, 24, 38, tzinfo=UTC)),
        ("2026-08-01T04:00:00.999999999Z", datetime(2026, 8, 1, 4, 0, 1, tzinfo=UTC)),
        ("  2026-08-01T04:00:00Z\n", datetime(2026, 8, 1, 4, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_reads_the_documented_forms(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-08-01",
        "2026-08-01T04:00:00",
        "2026-08-01T04:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-08-01T24:00:00Z",
        "2026-08-01T04:00:60Z",
        "2026-08-01T04:00:00.Z",
        "2026-08-01T04:00:00 CEST",
        "2026-08-01T04:00:00+24:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T23:59:59.9999999Z",
        "٢٠٢٦-08-01T04:00:00Z",
        "1722484800",
    ],
)
def test_refuses_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the calendar's own words differ
        parse_time(text)


@given(
    text=st.text(max_size=40)
    | st.from_regex(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{0,9})? ?(Z|UTC|[+-]\d\d:?\d\d)", fullmatch=True
    )
)
@example("0000-00-00T00:00:00Z")
@example("9999-12-31T23:59:59-23:59")
@example("2026-08-01T04:00:00." + "9" * 5000 + "Z")
@examples(80)
def test_any_text_is_a_utc_moment_or_a_value_error(text: str) -> None:
    try:
        parsed = parse_time(text)
    except ValueError:
        return
    assert parsed.tzinfo is UTC
