"""What commands ask for, as rows: of words, of a file, of a query on what is loaded."""

import csv
import io
import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from buildkite_source.printable import one_line
from buildkite_source.settings import SettingError
from buildkite_source.warehouse.reader import Dataset

from .act_columns import check_columns
from .digests import open_warehouse

_WRITES = (exp.DML, exp.DDL, exp.Command)
_ACTIONS = {
    "build": "create_build",
    "rebuild": "rebuild",
    "retry": "retry_failed_jobs",
    "cancel": "cancel",
}


def rows_of(chosen: Namespace) -> list[dict[str, Any]]:
    """Return the rows that a command asks for.

    Raises:
        SettingError: There are none, or they cannot be read; the text says why.
    """
    if chosen.command != "act":
        return [_single(chosen)]
    if chosen.sql and chosen.file:
        raise SettingError("act takes a file or --sql, not both.")
    if chosen.sql:
        return _of_query(chosen)
    if not chosen.file:
        raise SettingError("act needs a FILE, - for stdin, or --sql.")
    return _of_file(chosen.file, chosen.format)


def _single(chosen: Namespace) -> dict[str, Any]:
    names = ("organization", "pipeline", "number")
    parts = chosen.target.split("/")
    wanted = names[: 2 if chosen.command == "build" else 3]
    if len(parts) != len(wanted) or not all(parts):
        form = "/".join(("ORG", "PIPELINE", "NUMBER")[: len(wanted)])
        raise SettingError(f"{chosen.command} takes {form}, unlike {chosen.target!r}.")
    row: dict[str, Any] = dict(zip(wanted, parts, strict=True))
    row["key"] = chosen.key or f"{chosen.command}/{uuid4()}"
    row |= {"action": _ACTIONS[chosen.command], "reason": chosen.reason}
    if chosen.command == "retry":
        row["states"] = chosen.states
    if chosen.command == "build":
        row |= {"commit": chosen.commit or "HEAD", "branch": chosen.branch}
        row |= {"message": chosen.message, "env": dict(chosen.env) or None}
        row["meta_data"] = dict(chosen.meta) or None
    return row


def _of_file(name: str, form: str) -> list[dict[str, Any]]:
    text = text_of_file(name)
    is_csv = form == "csv" or name.lower().endswith(".csv")
    return [*(_of_csv(name, text) if is_csv else _of_lines(name, text))]


def text_of_file(name: str) -> str:
    """Return the text of a file, or of stdin for `-`, without a byte order mark.

    Raises:
        SettingError: It cannot be read, or is no text in UTF-8.
    """
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except OSError as error:
        raise SettingError(f"{name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingError(f"{name} is no text in UTF-8.") from None
    return text.removeprefix("\ufeff")


def _of_csv(name: str, text: str) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if reader.fieldnames:
            check_columns(f"{name}, line {reader.line_num}", reader.fieldnames)
        for row in reader:
            if None in row or None in row.values():
                raise SettingError(f"{name}, line {reader.line_num}: not as many values as names.")
            yield row
    except csv.Error as error:
        raise SettingError(f"{name}, line {reader.line_num}: no CSV ({error}).") from None


def _of_lines(name: str, text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            # Its text may hold a secret.
            row = None
        if not isinstance(row, dict):
            raise SettingError(
                f"{name}, line {number}: no JSON object; each line is one, and no list is around."
            )
        yield row


def _of_query(chosen: Namespace) -> list[dict[str, Any]]:
    try:
        statements = parse(chosen.sql, dialect="duckdb")
    except SqlglotError:
        statements = []
    query = statements[0] if len(statements) == 1 else None
    if not isinstance(query, exp.Query) or query.find(*_WRITES):
        raise SettingError("--sql takes one query, which only reads: SELECT … FROM …")
    warehouse = open_warehouse(Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset))
    answer = warehouse.ask(chosen.sql)
    if answer.missing:
        tables = ", ".join(sorted({one_line(table.name) for table in query.find_all(exp.Table)}))
        raise SettingError(
            f"A table, column or function that --sql names is not there. It asks {tables}; what "
            "there is: docs/tables.md, docs/metrics.md."
        )
    rows = answer.rows.astype(object)
    check_columns("--sql", map(str, rows.columns))
    found: list[dict[str, Any]] = rows.where(rows.notna(), None).to_dict("records")
    return found
