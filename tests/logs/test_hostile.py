"""Lines built to attack: they load, they show nothing but text, and they do not stall."""

import time
import unicodedata

import pyarrow as pa
import pytest

from buildkite_source.logs import LogParser, parse_log

MEBIBYTE = 1024 * 1024
MARK = b"\x1b_bk;t=1785556800120\x07"

ATTACKS = {
    "script": b"<script>alert('x')</script><img src=x onerror=alert(1)>",
    "path": b"../../../../etc/passwd ..\\..\\windows C:\\x /dev/null",
    "clear screen": b"\x1b[2J\x1b[3J\x1b[H\x1bcgone",
    "title": b"\x1b]0;rm -rf ~\x07\x1b]2;x\x1b\\",
    "clipboard": b"\x1b]52;c;cm0gLXJmIH4K\x07",
    "hyperlink": b"\x1b]8;;javascript:alert(1)\x1b\\click\x1b]8;;\x1b\\",
    "answer back": b"\x1b[6n\x1b[c\x1b]10;?\x07\x1bP$qm\x1b\\\x05",
    "unfinished string": b"\x1b]0;swallow the rest \x1bPand \x1b_this",
    "nested": b"\x1b\x1b[m[31m \x1b]\x1b]0;x\x07 \x1b[\x1b[31m31m",
    "8-bit": b"\x9b31m \xc2\x9b31m \xc2\x9d0;x\xc2\x9c \x90q\x9c",
    "NUL": b"a\x00b\x00" + MARK + b"\x00",
    "backspace": b"harmless\x08\x08\x08\x08harmful\x7f\x0e\x0f",
    "half a character": b"\xf0\x9f\x90" + MARK + b"\xae \xc3\x28 \xed\xb0\x80",
    "SQL": b"'; drop table job_log_lines; --",
    "formula": b"=cmd|' /C calc'!A0",
    "fake header": b"x\r\x1b[1m--- <b>header</b>\x1b]0;\x07",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_shows_is_text_alone(name: str) -> None:
    attack = ATTACKS[name]
    table = parse_log(MARK + attack + b"\r\n" + MARK + b"after\r\n", raw=True)
    table.validate(full=True)
    for column in ("text", "group_header"):
        for text in filter(None, table[column].to_pylist()):
            assert {unicodedata.category(character) for character in text} & {"Cc", "Cs"} == set()
    assert table["text"].to_pylist()[1] == "after"
    assert table["raw"].to_pylist()[0] == MARK + attack + b"\r"


def test_markup_stays_as_it_is() -> None:
    for name in ("script", "path", "SQL", "formula"):
        assert parse_log(ATTACKS[name])["text"].to_pylist() == [ATTACKS[name].decode()]


def test_a_line_of_ten_megabytes() -> None:
    parser = LogParser()
    batches = parser.feed(MARK + b"x" * 10_000_000)
    batches += parser.feed(b"\nnext\n") + parser.finish()
    table = pa.Table.from_batches(batches)
    kept = 8 * MEBIBYTE - len(MARK)
    assert [len(text) for text in table["text"].to_pylist()] == [kept, 4]
    assert table["is_cut"].to_pylist() == [True, False]
    assert parser.summary.cut_bytes == len(MARK) + 10_000_000 - 8 * MEBIBYTE


@pytest.mark.parametrize(
    "unit",
    [
        b"\r",
        b"\r ",
        b"\x1b",
        b"\x1b]",
        b"\x1b[",
        b"\x1b[m\r",
        b"\x1b[0000",
        b"\x1b_bk;t=1",
        MARK,
        MARK + b"\r",
        b"\xff",
        b"\xc2\x80",
        b"\x00",
        b"-",
        b"\n",
        b"--- \n",
        b"a\rb\n",
        b"\x1b]8;;\x07\n",
        b"\x1b[ q\n",
    ],
    ids=repr,
)
def test_no_repetition_takes_more_than_linear_time(unit: bytes) -> None:
    log = unit * (MEBIBYTE // len(unit))
    started = time.process_time()
    parser = LogParser(raw=True)
    rows = sum(batch.num_rows for batch in parser.feed(log) + parser.finish())
    assert rows == max(1, log.count(b"\n"))
    # About a second at worst where it is linear; minutes where it is not.
    assert time.process_time() - started < 10


def test_many_returns_without_text_behind_a_long_line() -> None:
    started = time.process_time()
    table = parse_log(b"x" * 4 * MEBIBYTE + b"\n" + b"\r\x1b[m\n" * 50_000)
    assert table["is_progress"].to_pylist() == [False] * 50_001
    assert set(table["text"].to_pylist()[1:]) == {""}
    # Minutes where each of them reads the long line again.
    assert time.process_time() - started < 10


def test_many_short_lines_under_a_long_header() -> None:
    parser = LogParser()
    batches = parser.feed(b"--- " + "\U0001f42e".encode() * 100_000 + b"\n" + b"\n" * MEBIBYTE)
    batches += parser.finish()
    assert sum(batch.num_rows for batch in batches) == MEBIBYTE + 1
    assert max(batch.num_rows for batch in batches) <= 65_536
    # The header's text once, its shortened form once a block.
    assert pa.Table.from_batches(batches).nbytes < 64 * MEBIBYTE
