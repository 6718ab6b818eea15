"""What the format says, case by case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from buildkite_source.logs import LogParser, LogSummary, log_schema, parse_log

from .reference import reference

EXAMPLE = (
    b"\x1b_bk;t=1785556800120\x07~~~ Preparing\r\n"
    b"\x1b_bk;t=1785556800150\x07fetch: 10%\x1b[K\x1b_bk;t=1785556800150\x07\r"
    b"fetch: 100%\x1b[K\x1b_bk;t=1785556801900\x07\r\r\n"
    b"\x1b_bk;t=1785556802000\x07\x1b[32mok\x1b[0m\r\n"
)
START = datetime(2026, 8, 1, 4, tzinfo=UTC)


def at(milliseconds: int) -> datetime:
    return START + timedelta(milliseconds=milliseconds)


def mark(milliseconds: int) -> bytes:
    return b"\x1b_bk;t=%d\x07" % (1785556800000 + milliseconds)


def rows(log: bytes, **options: Any) -> list[dict[str, Any]]:
    found = parse_log(log, raw=True, **options).to_pylist()
    assert found == reference(log, **options)
    return found


def column(log: bytes, name: str) -> list[Any]:
    return [row[name] for row in rows(log)]


def only(log: bytes) -> dict[str, Any]:
    (row,) = rows(log)
    return row


def test_the_example() -> None:
    assert column(EXAMPLE, "line_number") == [1, 2, 3]
    assert column(EXAMPLE, "logged_at") == [at(120), at(150), at(2000)]
    assert column(EXAMPLE, "text") == ["~~~ Preparing", "fetch: 100%", "ok"]
    assert column(EXAMPLE, "group_header") == ["~~~ Preparing"] * 3
    assert column(EXAMPLE, "is_header") == [True, False, False]
    assert column(EXAMPLE, "is_progress") == [False, True, False]
    assert b"\n".join([*column(EXAMPLE, "raw"), b""]) == EXAMPLE


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n", b"\r\r\r\r\n", b""])
def test_line_ends(end: bytes) -> None:
    row = only(mark(1) + b"text" + end)
    assert (row["text"], row["is_progress"]) == ("text", False)


@pytest.mark.parametrize(
    ("log", "texts"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"a\n\n", ["a", ""]),
        (b"\r", [""]),
        (mark(1), [""]),
    ],
    ids=repr,
)
def test_where_lines_are(log: bytes, texts: list[str]) -> None:
    assert column(log, "text") == texts


def test_several_marks_in_a_line_the_first_dates_it() -> None:
    row = only(mark(5) + b"one " + mark(2000) + b"two" + mark(3500) + b"\r\n")
    assert (row["logged_at"], row["text"]) == (at(5), "one two")


def test_a_mark_inside_the_line_dates_it_too() -> None:
    assert only(b"late " + mark(7) + b"mark\n")["logged_at"] == at(7)


def test_a_line_without_mark_carries_no_time() -> None:
    assert column(mark(1) + b"a\nb\n" + mark(2) + b"c\n", "logged_at") == [at(1), None, at(2)]


@pytest.mark.parametrize(
    ("log", "text"),
    [
        (b"\x1b_bk;t=1785556800120 no end\n", "_bk;t=1785556800120 no end"),
        (b"\x1b_bk;t=17855x\x07not a number\n", "not a number"),
        (b"\x1b_bk;t=\x07empty\n", "empty"),
        (b"\x1b_bk;t=-5\x07negative\n", "negative"),
        (b"\x1b_bk;t=253402300800000\x07year 10000\n", "year 10000"),
        (b"\x1b_bk;t=1234567890123456\x0716 digits\n", "16 digits"),
        (b"\x1b_bk;t=" + b"9" * 400 + b"\x07very long\n", "very long"),
        (b"\x1b_bk;t=1785556800120\nnext", "_bk;t=1785556800120"),
        (b"\x1b_bk;t=17855\x1b[1mred\x07\n", "_bk;t=17855red"),
        (b"\x1b_bk", "_bk"),
    ],
    ids=repr,
)
def test_malformed_marks_keep_the_line(log: bytes, text: str) -> None:
    row = rows(log)[0]
    assert (row["logged_at"], row["text"]) == (None, text)


@pytest.mark.parametrize("digits", range(1, 16))
def test_marks_of_any_width(digits: int) -> None:
    row = only(b"\x1b_bk;t=" + b"1" * digits + b"\x07x\n")
    assert row["text"] == "x"
    assert row["logged_at"] == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=int("1" * digits)
    )


def test_the_last_moment_there_is() -> None:
    row = only(b"\x1b_bk;t=253402300799999\x07x\n")
    assert row["logged_at"] == datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "text", "progress"),
    [
        (b"10%\r20%\r100%\r\n", "100%", True),
        (b"10%\r100%\r   \r\n", "   %", True),
        (b"100%\r\x1b[K\r\n", "", True),
        (b"100%" + mark(1) + b"\r\x1b[2K" + mark(2) + b"\r\n", "", True),
        (b"\rfirst\n", "first", True),
        (b"a\r\r\rb\n", "b", True),
        (b"a\r\x00b\x7f\n", "b", True),
        (b"a\r\x07\r\t\x0b \n", "\t  ", True),
        (b"\x1b[31ma\r\x1b[32mb\x1b[0m\r\n", "b", True),
        (b" \r \r \n", " ", False),
        (b"\x1b]0;a\rb\x07\n", "b0;a", True),
    ],
    ids=repr,
)
def test_progress_keeps_the_final_state(line: bytes, text: str, progress: bool) -> None:
    row = only(line)
    assert (row["text"], row["is_progress"]) == (text, progress)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"\x1b[90m$\x1b[0m make", "$ make"),
        (b"\x1b[38;5;208;48;2;1;2;3;4;5mlong\x1b[m", "long"),
        (b"\x1b[?25lspin\x1b[?25h\x1b[1A\x1b[2J", "spin"),
        (b"\x1b[ q\x1b[!pintermediates", "intermediates"),
        (b"a\x1b]0;title\x07b\x1b]0;title\x1b\\c", "abc"),
        (b"see \x1b]1339;url='https://x';content='y'\x07!", "see !"),
        (b"\x1b]1338;url=https://x/a.png;alt=A\x07image", "image"),
        (b"\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bP1$r0m\x1b\\dcs\x1b^pm\x1b\\\x1bXsos\x1b\\", "dcs"),
        (b"\x1b(B\x1b7\x1b8\x1b=\x1bMx", "x"),
        (b"unfinished \x1b[31", "unfinished [31"),
        (b"unfinished \x1b]0;title", "unfinished ]0;title"),
        (b"unfinished \x1b]0;title\x1b[1m then\x07 on", "unfinished ]0;title then on"),
        (b"\x1b\x1b[m[31mno second look", "[31mno second look"),
        (b"\x1b" + mark(1) + b"[31mmarks go first", "marks go first"),
        (b"bare escape\x1b", "bare escape"),
        (b"tab\there\vand\fthere\x08\x00\x7f", "tab\there and there"),
        (b"\x1b[1;2;3;4;5;6;7;8;9;10;11;12mx", "x"),
    ],
    ids=repr,
)
def test_escape_sequences(line: bytes, text: str) -> None:
    assert only(mark(1) + line + b"\r\n")["text"] == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"caf\xc3\xa9 \xe2\x9c\x93 \xf0\x9f\x90\xae", "caf\u00e9 \u2713 \U0001f42e"),
        (b"latin \xe9t\xe9", "latin \ufffdt\ufffd"),
        (b"half \xe2\x9c", "half \ufffd"),
        (b"overlong \xc0\xaf", "overlong \ufffd\ufffd"),
        (b"surrogate \xed\xa0\x80", "surrogate \ufffd\ufffd\ufffd"),
        (b"c1 \xc2\x9b31m \xc2\x85", "c1 31m "),
        (b"c1 out of \xc2\x00\x9b", "c1 out of "),
        (b"across \xe2\x1b[m\x9c\x93", "across \u2713"),
    ],
    ids=repr,
)
def test_text_is_utf8(line: bytes, text: str) -> None:
    assert only(line + b"\n")["text"] == text


@pytest.mark.parametrize(
    ("line", "header"),
    [
        (b"--- title", True),
        (b"+++ title", True),
        (b"~~~ title", True),
        (b"---\ttitle", True),
        (b"--- ", True),
        (b"\x1b[1m---\x1b[0m \x1b[31mred\x1b[m :cow:", True),
        (b"--- a/file.py", True),
        (b"+++ b/file.py", True),
        (b"old\r--- new", True),
        (b"---", False),
        (b"--+ x", False),
        (b"----", False),
        (b" --- title", False),
        (b"^^^ +++", False),
        (b"@@ -1 +1 @@", False),
    ],
    ids=repr,
)
def test_headers(line: bytes, header: bool) -> None:
    row = only(mark(1) + line + b"\r\n")
    assert row["is_header"] is header
    assert row["group_header"] == (row["text"] if header else None)


def test_lines_belong_to_the_latest_header() -> None:
    log = b"before\n--- one\na\n^^^ +++\nb\n+++ two\nc\n--- a/file\n+++ b/file\n-old\n"
    groups = [None, *["--- one"] * 4, *["+++ two"] * 2, "--- a/file", *["+++ b/file"] * 2]
    assert column(log, "group_header") == groups


def test_long_headers_are_repeated_in_part() -> None:
    title = "+++ " + "\u00e9" * 600
    header, line = rows(f"{title}\nx\n".encode())
    assert header["text"] == title
    assert header["group_header"] == line["group_header"] == title[:500]


def test_lines_over_the_limit_are_cut_flagged_and_counted() -> None:
    parser = LogParser(raw=True, max_line_bytes=4)
    log = b"abcd\nabcdef\n\nabcdefgh"
    table = pa.Table.from_batches(parser.feed(log) + parser.finish())
    assert table.to_pylist() == reference(log, 4)
    assert table["text"].to_pylist() == ["abcd", "abcd", "", "abcd"]
    assert table["is_cut"].to_pylist() == [False, True, False, True]
    assert parser.summary == LogSummary(len(log), 4, None, None, 2, 6)


def test_eight_mebibytes_are_a_line_and_one_more_byte_is_cut() -> None:
    limit = 8 * 1024 * 1024
    table = parse_log(b"x" * limit + b"\n" + b"y" * (limit + 1) + b"\nend\n")
    assert [len(text) for text in table["text"].to_pylist()] == [limit, limit, 3]
    assert table["is_cut"].to_pylist() == [False, True, False]


def test_summary() -> None:
    parser = LogParser()
    assert parser.summary == LogSummary(0, 0, None, None, 0, 0)
    log = b"no mark\n" + EXAMPLE + mark(2500) + b"last\x1b[K" + mark(2600) + b"\n"
    parser.feed(log)
    parser.finish()
    assert parser.summary == LogSummary(len(log), 5, at(120), at(2600), 0, 0)
    assert parser.finish() == []


@pytest.mark.parametrize("raw", [False, True])
def test_columns_do_not_depend_on_data(raw: bool) -> None:
    schema = log_schema(raw=raw)
    assert parse_log(b"", raw=raw).schema == schema
    assert parse_log(EXAMPLE, raw=raw).schema == schema
    assert ("raw" in schema.names) is raw


@pytest.mark.parametrize("limit", [0, -1, 2**30 + 1])
def test_limits_that_make_no_sense(limit: int) -> None:
    with pytest.raises(ValueError, match="max_line_bytes"):
        LogParser(max_line_bytes=limit)
