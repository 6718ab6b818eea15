"""Text is what a terminal shows in the end: cases, and a terminal emulator on random logs."""

import random
from collections import Counter
from unittest.mock import patch

import pyarrow as pa
import pyte
import pytest

from buildkite_source.logs import LogParser, parse_log

from .reference import reference

ROWS, COLUMNS = 60, 400


def texts(log: bytes) -> list[str]:
    table = parse_log(log, raw=True)
    assert table.to_pylist() == reference(log)
    found: list[str] = table["text"].to_pylist()
    return found


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"Working |\b/\b-\bdone", "Working done"),
        (b"hello\rb", "bello"),
        (b"hi\b\b\b\b\bbye", "bye"),
        (b"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\b\baa", "\u20acaa"),
        (b"he\x1b[32m\bllo", "hllo"),
        (b"10%\x1b[G20%\x1b[1G30%", "30%"),
        (b"hello friend\x1b[7Gthere!", "hello there!"),
        (b"bar [    ]\x1b[5D##", "bar [##  ]"),
        (b"this is\x1b[4Chere", "this is    here"),
        (b"hello\x1b[1Kfriend", "     friend"),
        (b"hello\x1b[2K!", "     !"),
        (b"hello\r\x1b[Kbye", "bye"),
        (b"fetch: 100%\x1b[K\rfetch:  1%\x1b[K", "fetch:  1%"),
        (b"a longer line\rshort\x1b[K", "short"),
        (b"12345\r\x1b[2P", "345"),
        (b"12345\r\x1b[2@ab", "ab12345"),
        (b"12345\r\x1b[3X", "   45"),
        (b"0%\x1b7 working\x1b8 done\x1b[K", "0% done"),
        (b"50%\x1b[1;1H99%", "99%"),
        (b"\xf0\x9f\x90\xae moo\r--", "-- moo"),
        (b"\xf0\x9f\x90\xae moo\r-", "-  moo"),
        (b"cafe\xcc\x81\rC", "Cafe\u0301"),
        (b"old\r\x1b[1m--- new\x1b[0m", "--- new"),
        (b"\x1b[H\x1b[2J\x1b[3Jcleared", "cleared"),
    ],
    ids=repr,
)
def test_a_line_shows_what_was_left_standing(line: bytes, text: str) -> None:
    assert texts(line + b"\r\n") == [text]


def test_rows_above_have_what_was_written_there_last() -> None:
    log = (
        b"The push refers to repository\r\n"
        b"\n\x1b[1A\x1b[2K\raa: Preparing \r\x1b[1B"
        b"\n\x1b[1A\x1b[2K\rbb: Preparing \r\x1b[1B"
        b"\x1b[2A\x1b[2K\raa: denied \r\x1b[2B"
        b"--- next\r\nmore\r\n"
    )
    assert texts(log) == [
        "The push refers to repository",
        "aa: denied ",
        "bb: Preparing ",
        "--- next",
        "more",
    ]
    assert parse_log(log)["is_header"].to_pylist() == [False, False, False, True, False]
    assert parse_log(log)["group_header"].to_pylist() == [*[None] * 3, *["--- next"] * 2]


def test_frames_with_line_feeds_belong_to_the_lines_that_drew_them_last() -> None:
    frame = b"\x1b[2A\x1b[2K web: %s\r\n\x1b[2K db: %s\r\n"
    log = b" web: 0\r\n db: 0\r\n" + frame % (b"1", b"1") + frame % (b"2", b"2") + b"+++ done\r\n"
    assert texts(log) == ["", "", "", "", " web: 2", " db: 2", "+++ done"]
    assert parse_log(log)["line_number"].to_pylist() == list(range(1, 8))


def test_what_was_printed_before_the_screen_was_cleared_stays() -> None:
    log = b"error: it broke\r\n\x1b[H\x1b[2J\x1b[3JWatching\r\n\x1b[2J\x1b[Hagain\r\n"
    assert texts(log)[:2] == ["error: it broke", "Watching"]


def test_lines_out_of_reach_are_not_held() -> None:
    parser = LogParser()
    early = sum(batch.num_rows for batch in parser.feed(b"a line\n" * 400_000))
    assert early > 200_000
    late = sum(batch.num_rows for batch in parser.finish())
    assert early + late == 400_000


def test_rows_out_of_reach_are_as_they_were() -> None:
    log = b"top\n" + b"\x1b[A\x1b[Kx\n" * 50
    with patch("buildkite_source.logs.screen.REACH_LINES", 10):
        found = parse_log(log)["text"].to_pylist()
    assert found[0] in ("top", "")
    assert found[-1] == "x"
    log = b"top\n" + b"line\n" * 150 + b"\x1b[200A\x1b[Kover\n"
    found = texts(log)
    assert (found[0], found[1:52], found[52]) == ("top", ["line"] * 51, "")
    assert found[-1] == "over"


def test_a_row_too_wide_to_be_edited_keeps_its_last_part() -> None:
    wide = b"x" * 5_000
    assert parse_log(wide + b"\bend\r\n")["text"].to_pylist() == ["x" * 5_000 + "end"]
    assert parse_log(wide + b"\b\rend\r\n")["text"].to_pylist() == ["end"]


def random_log(source: random.Random) -> bytes:
    """Return a log that stays on an emulator's screen, and goes down no farther than up."""
    parts: list[str] = []
    row = last = 0
    for _ in range(source.randrange(5, 150)):
        move = source.randrange(20)
        if move < 4 and last < ROWS - 2:
            parts.append("\r\n")
            row += 1
            last = max(row, last)
        elif move < 6 and row:
            count = source.randint(1, row)
            parts.append(source.choice([f"\x1b[{count}A", f"\x1b[{count}F"]))
            row -= count
        elif move < 8 and row < last:
            count = source.randint(1, last - row)
            parts.append(source.choice([f"\x1b[{count}B", f"\x1b[{count}E"]))
            row += count
        elif move == 8:
            row = source.randint(0, last)
            parts.append(f"\x1b[{row + 1};{source.randint(1, 12)}H")
        elif move < 14:
            parts.append(source.choice(["word", "100%", "a", " ", "--- x", "\x1b[1mbold\x1b[0m"]))
        else:
            n = source.randint(1, 9)
            moves = ["\r", "\b", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[J", "\x1b[G", f"\x1b[{n}G"]
            moves += [f"\x1b[{n}C", f"\x1b[{n}D", f"\x1b[{n}P", f"\x1b[{n}@", f"\x1b[{n}X"]
            parts.append(source.choice(moves))
    return "".join(parts).encode()


@pytest.mark.parametrize(
    "seeds", [range(60), pytest.param(range(60, 400), marks=pytest.mark.slow)], ids=len
)
def test_an_emulator_shows_the_same(seeds: range) -> None:
    different = []
    for seed in seeds:
        log = random_log(random.Random(seed))
        screen = pyte.Screen(COLUMNS, ROWS)
        pyte.ByteStream(screen).feed(log)
        shown = Counter(filter(None, (row.rstrip() for row in screen.display)))
        found = Counter(
            filter(None, (text.rstrip() for text in parse_log(log)["text"].to_pylist()))
        )
        if shown != found:
            different.append((seed, log, shown, found))
    assert different == []


@pytest.mark.parametrize("block", [1, 100, 10_000])
def test_the_size_of_chunks_does_not_matter(block: int) -> None:
    source = random.Random(block)
    log = b"\r\n".join(random_log(source) for _ in range(30))
    with patch("buildkite_source.logs.buffer.BLOCK_BYTES", block):
        parser = LogParser(raw=True)
        batches = [
            batch for at in range(0, len(log), 77) for batch in parser.feed(log[at : at + 77])
        ]
        table = pa.Table.from_batches([*batches, *parser.finish()])
    assert table.to_pylist() == parse_log(log, raw=True).to_pylist() == reference(log)
