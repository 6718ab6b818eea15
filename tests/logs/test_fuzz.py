"""Any bytes in any chunking: the fast parser equals the slow one."""

import random
from itertools import pairwise
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_source.logs import LogParser, parse_log

from .reference import marks, moment, reference

MARK = b"\x1b_bk;t=1785556800120\x07"
PIECES = [
    b"\n", b"\n", b"\r\n", b"\r\r\n", b"\r", b"\r\r\r", b" ", b"\t", b"\x00", b"\x07", b"\x08",
    b"\x0b", b"\x0c", b"\x7f", b"\x1b", b"\x1b[", b"\x1b]", b"\x1b_", b"\x1b\\", b"\x1bP",
    b"\x1b[m", b"\x1b[1;31m", b"\x1b[K", b"\x1b[2K", b"\x1b[ q", b"\x1b[?25l", b"\x1b(B",
    b"\x1b[" + b"1;" * 7 + b"m", b"\x1b]0;t\x07", b"\x1b]8;;u\x1b\\", b"\x1b]1339;url='u'\x07",
    b"\x1b_bk;t=", b"\x1b_bk;t=1785556800120\x07", b"\x1b_bk;t=1785556801120\x07",
    b"\x1b_bk;t=7\x07", b"\x1b_bk;t=253402300800000\x07", b"\x1b_bk;t=999999999999999\x07",
    b"\x1b_bk;t=17855568001201785\x07", b"\x1b_bk;t=x\x07", b"\x1b_bk;t=1785556800120",
    b"--- ", b"+++ ", b"~~~ ", b"---", b"^^^ +++", b"-", b"100%", b"word", b"\\", b";", b"5", b"m",
    b"\xc2\x9b", b"\xc2\x85", b"\xc2", b"\x9b", b"\xe2\x9c\x93", b"\xe2", b"\x9c", b"\xff",
    b"\xed\xa0\x80", b"\xf0\x9f\x90\xae", b"\xc2\xa0",
]  # fmt: skip
# What moves the cursor or erases.
MOVES = [
    b"\x1b[K", b"\x1b[1K", b"\x1b[2K", b"\x1b[G", b"\x1b[4G", b"\x1b[C", b"\x1b[3C", b"\x1b[2D",
    b"\x08", b"\x1b[P", b"\x1b[2@", b"\x1b[2X", b"\x1b[A", b"\x1b[2A", b"\x1b[1B", b"\x1b[E",
    b"\x1b[F", b"\x1b[H", b"\x1b[2;3H", b"\x1b[9;1f", b"\x1b[2d", b"\x1b[J", b"\x1b[2J",
    b"\x1bM", b"\x1b7",
    b"\x1b8", b"\x1b[s", b"\x1b[u", b"\r", b"\n", b"\r\n", b"e\xcc\x81",
    b"\xcc\x81", b"\xf0\x9f\x90\xae", b"\x1b[0000000000000002A", b"\x1b[?K", b"\x1b[1m",
]  # fmt: skip
# One odd byte sends a whole block another way, so most logs have none.
TIDY = [
    b"\n", b"\r\n", b"\r\r\n", b"\r", b" ", b"\t", b"word", b"100%", b"--- ", b"+++ ",
    b"\x1b[m", b"\x1b[1;31m", b"\x1b[K", b"\x1b_bk;t=1785556800120\x07",
    b"\x1b_bk;t=1785556801120\x07", b"\xe2\x9c\x93",
]  # fmt: skip
tidy = st.lists(st.sampled_from(TIDY), max_size=30)
odd = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=40)
moving = st.lists(st.sampled_from([*MOVES, b"word", b"5", b"--- ", MARK]), max_size=40)
logs = (tidy | moving | odd).map(b"".join)


def chunks(log: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(min(cut, len(log)) for cut in cuts), len(log)]
    return [log[start:end] for start, end in pairwise(bounds)]


@settings(max_examples=400, deadline=None)
@given(
    log=logs,
    cuts=st.lists(st.integers(0, 200), max_size=12),
    block=st.sampled_from([1, 7, 64, 10_000]),
    rows=st.sampled_from([1, 3, 10_000]),
    limit=st.sampled_from([1, 5, 40, 8 * 1024 * 1024]),
)
def test_equals_the_reference(
    log: bytes, cuts: list[int], block: int, rows: int, limit: int
) -> None:
    with (
        patch("buildkite_source.logs.buffer.BLOCK_BYTES", block),
        patch("buildkite_source.logs.parser._BATCH_ROWS", rows),
    ):
        parser = LogParser(raw=True, max_line_bytes=limit)
        batches = [batch for chunk in chunks(log, cuts) for batch in parser.feed(chunk)]
        batches += parser.finish()
    table = pa.Table.from_batches(batches, schema=parser.schema)
    table.validate(full=True)
    expected = reference(log, limit)
    assert table.to_pylist() == expected

    times = [moment(int(mark[1])) for row in expected for mark in marks(row["raw"])]
    summary = parser.summary
    assert (summary.size, summary.lines) == (len(log), len(expected))
    assert (summary.first_at, summary.last_at) == ((times[0], times[-1]) if times else (None, None))
    assert summary.cut_lines == sum(row["is_cut"] for row in expected)
    kept = sum(len(row["raw"]) for row in expected)
    assert kept + summary.cut_bytes == len(log) - log.count(b"\n")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_equals_the_reference_on_any_bytes(log: bytes) -> None:
    assert parse_log(log, raw=True).to_pylist() == reference(log)


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_reference_over_many_blocks(seed: int) -> None:
    source = random.Random(seed)
    log = b"".join(source.choices([*PIECES, *MOVES, *[b"\n"] * seed * 3], k=30_000))
    with patch("buildkite_source.logs.buffer.BLOCK_BYTES", 5_000):
        parser = LogParser(raw=True)
        batches = []
        at = 0
        while at < len(log):
            size = source.choice([1, 100, 4_999, 20_000])
            batches += parser.feed(log[at : at + size])
            at += size
        batches += parser.finish()
    assert len(batches) > 5
    assert pa.Table.from_batches(batches).to_pylist() == reference(log)
