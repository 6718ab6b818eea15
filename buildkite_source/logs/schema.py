"""What a parsed log is: its columns, and what is known of it as a whole."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")
# Not plain text: a mebibyte of empty lines under a long header would become gigabytes.
_GROUP = pa.dictionary(pa.int32(), pa.string())


def log_schema(*, raw: bool = False) -> pa.Schema:
    """Return the columns of a parsed log; they never depend on data.

    * `line_number`: 1 for the first line.
    * `logged_at`: time of the first mark in the line, or of the text that an agent with timestamp
      lines writes before it; null without one, never carried over.
    * `group_header`: text of the latest header above or at the line, marker included
      (`--- `, `+++ `, `~~~ `), at most 500 characters of it; null before the first header. As a
      dictionary, because headers repeat; every batch has its own.
    * `text`: what a terminal shows of the line in the end, without escape sequences and control
      characters other than tabulators; U+FFFD where the log is not UTF-8. Where a line has gone up
      and written over rows of lines before it, those lines have what was written last, as far as
      they are among the last 100 rows; "" where nothing of a line is left.
    * `is_header`: the text begins with `---`, `+++` or `~~~` and a blank. So do some lines of a
      diff, in Buildkite's web page as well; `^^^ +++` is no header.
    * `is_progress`: something was written over or erased by the line, or stands behind a carriage
      return; `raw` has all of it.
    * `is_cut`: the line is longer than the limit; its end is missing from `text` and `raw`.
    * `raw` (if asked for): the line as it came, without its line feed. All of them joined by
      line feeds are the log again, but for cut lines and a line feed at the very end.
    """
    columns = [
        pa.field("line_number", pa.int64(), nullable=False),
        pa.field("logged_at", TIME),
        pa.field("group_header", _GROUP),
        pa.field("text", pa.string(), nullable=False),
        pa.field("is_header", pa.bool_(), nullable=False),
        pa.field("is_progress", pa.bool_(), nullable=False),
        pa.field("is_cut", pa.bool_(), nullable=False),
    ]
    if raw:
        columns.append(pa.field("raw", pa.binary(), nullable=False))
    return pa.schema(columns)


@dataclass(frozen=True, slots=True)
class LogSummary:
    """What is known of a log as a whole.

    Attributes:
        size: Bytes.
        lines: Rows.
        first_at: Time of the first mark; None if the log has none.
        last_at: Time of the last mark, which may stand inside the last line.
        cut_lines: Lines longer than the limit.
        cut_bytes: Bytes left out of them.
    """

    size: int
    lines: int
    first_at: datetime | None
    last_at: datetime | None
    cut_lines: int
    cut_bytes: int
