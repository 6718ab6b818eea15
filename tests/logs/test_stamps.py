"""Logs whose agent wrote the time before each line as text."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from buildkite_source.logs import LogParser, is_stamped, log_to_parquet, parse_log

STAMP = b"[2026-02-12T23:12:25Z] "
LATER = b"[2026-02-12T23:12:27Z] "
AT = datetime(2026, 2, 12, 23, 12, 25, tzinfo=UTC)
LOG = (
    b"~~~ Preparing\r\n"
    + STAMP + b"$ make\r\n"
    + STAMP + b"10%\r20%\r\n"
    + b"\x1b[1m--- Tests\x1b[0m\r\n"
    + b"\r\n"
    + LATER + b"\x1b[32mok\x1b[0m"
)  # fmt: skip


def test_the_time_is_taken_out_of_the_text() -> None:
    table = parse_log(LOG, raw=True)
    texts = ["~~~ Preparing", "$ make", "20%", "--- Tests", "", "ok"]
    assert table["text"].to_pylist() == texts
    later = AT.replace(second=27)
    assert table["logged_at"].to_pylist() == [None, AT, AT, None, None, later]
    assert table["is_header"].to_pylist() == [True, False, False, True, False, False]
    assert table["group_header"].to_pylist()[-1] == "--- Tests"
    assert b"\n".join(table["raw"].to_pylist()) == LOG


def test_the_summary_and_a_file_say_the_same(tmp_path: Path) -> None:
    summary = log_to_parquet(io.BytesIO(LOG), tmp_path / "log.parquet")
    assert (summary.first_at, summary.last_at) == (AT, AT.replace(second=27))
    assert (summary.lines, summary.size) == (6, len(LOG))
    (tmp_path / "job.log").write_bytes(LOG)
    assert parse_log(tmp_path / "job.log").equals(parse_log(LOG))


@pytest.mark.parametrize(
    "log",
    [
        b"",
        b"--- only a header\n",
        b"plain\n",
        STAMP + b"a\nplain\n",
        STAMP + b"a\nplain",
        b"plain\n" + STAMP + b"a\n",
        STAMP[:-1] + b"\n",
        STAMP + b"\x1b_bk;t=1785556800120\x07a\n",
        b" " + STAMP + b"a\n",
        b"[2026-02-12 23:12:25] a\n",
        b"[2026-99-12T23:12:25Z] a\n",
    ],
    ids=repr,
)
def test_a_log_that_is_not_so_as_a_whole_stays_as_it_is(log: bytes) -> None:
    assert not is_stamped([log])
    assert not is_stamped([log[at : at + 1] for at in range(len(log))])
    assert all(time is None or b"bk;t" in log for time in parse_log(log)["logged_at"].to_pylist())


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
def test_the_size_of_chunks_does_not_matter(size: int) -> None:
    chunks = [LOG[at : at + size] for at in range(0, len(LOG), size)]
    assert is_stamped(chunks)
    parser = LogParser(stamped=True)
    batches = [batch for chunk in chunks for batch in parser.feed(chunk)] + parser.finish()
    texts = [text for batch in batches for text in batch["text"].to_pylist()]
    assert texts == parse_log(LOG)["text"].to_pylist()


def test_a_tail_may_begin_within_a_line() -> None:
    tail = LOG[20:]
    assert not is_stamped([tail])
    assert is_stamped([tail], is_tail=True)


def test_a_day_that_no_calendar_has_is_no_time() -> None:
    log = b"[2026-02-31T23:12:25Z] a\n"
    assert parse_log(log)["text"].to_pylist() == ["[2026-02-31T23:12:25Z] a"]


def test_a_long_line_of_a_stamped_log_is_not_held() -> None:
    def chunks() -> Iterator[bytes]:
        yield STAMP
        for _ in range(200):
            yield b"x" * 1024 * 1024

    tracemalloc.start()
    assert is_stamped(chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize("before", [10_000, 10_000 - 3])
def test_a_mark_far_into_a_long_line_is_seen(before: int) -> None:
    log = STAMP + b"x" * before + b"\x1b_bk;t=1785556800120\x07" + b"x" * 20_000
    assert not is_stamped([log[at : at + 1_000] for at in range(0, len(log), 1_000)])
