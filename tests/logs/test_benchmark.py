"""The benchmark's ways of reading a log agree, so that their times can be compared."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.log_contenders import CONTENDERS
from benchmarks.log_lines import log_lines

from .reference import reference

COLUMNS = ["line_number", "logged_at", "group_header", "text", "is_header", "is_progress"]


@pytest.mark.parametrize("name", CONTENDERS)
def test_contenders_write_the_same_rows(tmp_path: Path, name: str) -> None:
    log = b"".join(log_lines(1_000))
    (tmp_path / "job.log").write_bytes(log)
    CONTENDERS[name](str(tmp_path / "job.log"), str(tmp_path / "job.parquet"))
    rows = pq.read_table(tmp_path / "job.parquet", columns=COLUMNS).to_pylist()
    assert rows == [{name: row[name] for name in COLUMNS} for row in reference(log)]


@pytest.mark.slow
def test_the_log_has_what_real_logs_have() -> None:
    rows = reference(b"".join(log_lines(10_000)))
    assert sum(row["is_header"] for row in rows) == 40
    assert 150 < sum(row["is_progress"] for row in rows) < 180
    assert sum(not row["text"].isascii() for row in rows) > 200
    assert sum(row["raw"].endswith(b"\r\r") for row in rows) > 8_000
    assert 80 < sum(len(row["raw"]) for row in rows) / len(rows) < 120
