"""Pages of logs: how many of them travel together, and what that takes."""

import io
import time
from datetime import UTC, datetime

from buildkite_source.resources.log_rows import LogPage, LogRows
from buildkite_source.tables import BUILD_COLUMNS

_JOB = {
    **{column.name: "b" for column in BUILD_COLUMNS},
    "job_id": "j",
    "build_number": 1,
    "finished_at": "-",
}


def test_what_a_log_takes_does_not_grow_with_the_logs_before_it() -> None:
    rows = LogRows(_JOB, datetime(2026, 8, 20, tzinfo=UTC), raw=False)
    (table,) = rows.lines(io.BytesIO(b"one\ntwo\n"))
    page, began = LogPage(), time.process_time()
    for _ in range(1_000):
        page.add(table)
        assert not page.full
    # A tenth of a second; a minute where each asks all before it how large they are.
    assert time.process_time() - began < 5
    assert (len(page.lines), page.logs) == (1_000, [])


def test_a_page_is_full_by_its_lines() -> None:
    rows = LogRows(_JOB, datetime(2026, 8, 20, tzinfo=UTC), raw=False)
    page = LogPage()
    for part in rows.lines(io.BytesIO(b"x\n" * 199_999)):
        page.add(part)
    assert not page.full
    page.add(page.lines[0].slice(0, 1))
    assert page.full
