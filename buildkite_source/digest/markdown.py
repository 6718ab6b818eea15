"""A digest as Markdown, for a chat, an issue or a build annotation."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from buildkite_source.printable import code_span

from .cells import Cell, cells, shown_columns
from .collect import Digest, Part
from .headline import headline, spans
from .model import Column, Form


def as_markdown(digest: Digest, zone: ZoneInfo) -> str:
    """Return a digest as Markdown with tables, as GitHub, GitLab and Buildkite show it.

    Names are code: whatever a build calls itself, it is no mark-up, no link, no HTML and mentions
    nobody. A `|` in them becomes `¦`, for tables have no other way.
    """
    return "\n".join(_lines(digest, zone)) + "\n"


def _lines(digest: Digest, zone: ZoneInfo) -> Iterator[str]:
    yield f"# {headline(digest, code_span)}"
    yield ""
    yield from spans(digest, zone, code_span)
    for note in digest.notes:
        yield ""
        yield f"**Note:** {_escaped(note)}"
    for part in digest.shown:
        yield ""
        yield f"## {part.section.title}"
        yield ""
        yield from _table(part, zone)


def _table(part: Part, zone: ZoneInfo) -> Iterator[str]:
    if not part.rows:
        yield part.nothing
        return
    columns = shown_columns(part)
    yield _row(heading for column in columns for heading in _headings(column))
    yield _row(rule for column in columns for rule in _rules(column))
    for row in cells(part, zone):
        yield _row(text for cell in row for text in _texts(cell))
    yield ""
    yield f"*{_escaped(part.section.note)}*"


def _row(texts: Iterator[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _headings(column: Column) -> Iterator[str]:
    yield column.heading
    if column.compared:
        yield "before"


def _rules(column: Column) -> Iterator[str]:
    rule = "---" if column.form is Form.TEXT else "---:"
    yield rule
    if column.compared:
        yield rule


def _texts(cell: Cell) -> Iterator[str]:
    if cell.column.form is Form.TEXT:
        name = code_span(cell.text)
        yield f"[{name}](<{_address(cell.link)}>)" if cell.link else name
    else:
        yield f"{cell.arrow} {cell.text}".strip()
    if cell.column.compared:
        yield cell.before


def _address(link: str) -> str:
    return re.sub(r"[\s<>|\\`]", lambda match: f"%{ord(match[0]):02X}", link)


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)
