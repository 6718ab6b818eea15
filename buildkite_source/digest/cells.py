"""Values as people read them, with what they are compared with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from buildkite_source.answers.numbers import NOTHING, absent, count, duration, moment, percent
from buildkite_source.printable import one_line

from .collect import Part
from .model import Column, Form

_WRITTEN: dict[Form, Callable[[Any], str]] = {
    Form.COUNT: count,
    Form.PERCENT: percent,
    Form.DURATION: duration,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value.

    Attributes:
        text: As people read it, with n where it has one.
        column: What it is.
        before: That of the span before; "" where there is no comparison.
        turn: Whether it got better or worse, as far as one is better; else "".
        arrow: Up or down from the span before; else "".
        link: Address of what is named; "" without one.
        share: Of a share, the value.
    """

    text: str
    column: Column
    before: str = ""
    turn: Literal["better", "worse", ""] = ""
    arrow: Literal["▲", "▼", ""] = ""
    link: str = ""
    share: float | None = None


def shown_columns(part: Part) -> list[Column]:
    """Return the columns of a part that tell something."""
    columns = part.section.columns
    names = [column for column in columns if column.form is Form.TEXT and column.shown != "needed"]

    def differ(wanted: list[Column]) -> int:
        return len({tuple(row[column.name] for column in wanted) for row in part.rows})

    is_ambiguous = differ(names) < len(part.rows)
    shown = {"always": True, "needed": is_ambiguous}
    return [column for column in columns if shown.get(column.shown, differ([column]) > 1)]


def cells(part: Part, zone: ZoneInfo) -> Iterator[list[Cell]]:
    """Yield the rows of a part."""
    columns = shown_columns(part)
    for row in part.rows:
        yield [_cell(column, row, zone) for column in columns]


def _cell(column: Column, row: dict[str, Any], zone: ZoneInfo) -> Cell:
    value = row[column.name]
    link = str(row.get(column.link) or "")
    text = _text(column.form, value, zone)
    shown = Cell(
        text=_with_n(text, row, column.n),
        column=column,
        # Addresses come from the API; a page is no place for anything else than a page.
        link=link if link.startswith(("https://", "http://")) else "",
        share=value if column.form is Form.PERCENT and not absent(value) else None,
    )
    if not column.compared:
        return shown
    before = row[f"previous_{column.name}"]
    text_before = _text(column.form, before, zone)
    n = f"previous_{column.n}" if column.n else ""
    shown = replace(shown, before=_with_n(text_before, row, n))
    # What reads the same is the same to a reader.
    if absent(value) or absent(before) or text == text_before:
        return shown
    is_more = value > before
    turn: Literal["better", "worse", ""] = ""
    if column.more_is:
        turn = "better" if is_more == (column.more_is == "better") else "worse"
    return replace(shown, turn=turn, arrow="▲" if is_more else "▼")


def _text(form: Form, value: Any, zone: ZoneInfo) -> str:
    if form is Form.TIME:
        return moment(value, zone)
    if form in _WRITTEN:
        return _WRITTEN[form](value)
    return NOTHING if absent(value) else plain(str(value))


def _with_n(text: str, row: dict[str, Any], n: str) -> str:
    return f"{text} (n = {count(row[n])})" if n else text


def plain(text: str) -> str:
    """Return a name on one line, without control characters."""
    return one_line(text) or NOTHING
