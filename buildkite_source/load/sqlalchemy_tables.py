"""Tables in databases that dlt reaches by SQLAlchemy: keys that are found, values that are whole.

To merge, dlt deletes each row whose key is among the rows of the load. Without an index that is a
look at all of the load for each row. JSON comes as text, which SQLAlchemy would make JSON of once
more. MySQL's TEXT ends at 64 KiB, its letters are those that the server is set up with, such as
Latin ones, and two of its keys are one if they differ in case only.
"""

from collections.abc import Callable
from typing import Any, cast

import sqlalchemy as sa
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.json import json
from dlt.common.schema.typing import TTableSchema
from dlt.common.schema.utils import get_columns_names_with_prop
from dlt.destinations.impl.sqlalchemy.dialect import (
    MysqlDialectCapabilities,
    SqliteDialectCapabilities,
    register_dialect_capabilities,
)
from sqlalchemy.dialects.mysql import LONGBLOB, LONGTEXT

# Both names, as a URL has the one or the other.
_MYSQL = ("mysql", "mariadb")
# Letters of a text that an index holds; ids have 36.
_INDEXED = 64


class _Json(sa.TypeDecorator[Any]):
    impl = sa.JSON
    cache_ok = True

    def bind_processor(self, _: sa.Dialect) -> Callable[[Any], Any]:
        return _json_text


def _json_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


class _Sqlite(SqliteDialectCapabilities):
    def adapt_table(self, table: sa.Table, table_schema: PreparedTableSchema) -> sa.Table:
        return _adapted(table, table_schema)


class _Mysql(MysqlDialectCapabilities):
    def adapt_table(self, table: sa.Table, table_schema: PreparedTableSchema) -> sa.Table:
        for dialect in _MYSQL:
            table.kwargs[f"{dialect}_charset"] = "utf8mb4"
            table.kwargs[f"{dialect}_collate"] = "utf8mb4_bin"
        made = _adapted(table, table_schema)
        for column in made.columns:
            if isinstance(column.type, sa.Text):
                column.type = LONGTEXT()
            elif isinstance(column.type, sa.LargeBinary):
                column.type = LONGBLOB()
        return made


def adapt_tables() -> None:
    """Have dlt make tables so from now on; those that are there stay as they are."""
    register_dialect_capabilities("sqlite", _Sqlite)
    for dialect in _MYSQL:
        register_dialect_capabilities(dialect, _Mysql)


def _adapted(table: sa.Table, table_schema: PreparedTableSchema) -> sa.Table:
    for column in table.columns:
        if isinstance(column.type, sa.JSON):
            column.type = _Json()
    names = get_columns_names_with_prop(cast(TTableSchema, table_schema), "primary_key")
    name = f"{table.name}_key"
    # dlt shows a table again when it has got columns.
    if names and name not in {index.name for index in table.indexes}:
        lengths = {
            column: _INDEXED for column in names if isinstance(table.c[column].type, sa.Text)
        }
        dialects: Any = {f"{dialect}_length": lengths for dialect in _MYSQL}
        sa.Index(name, *(table.c[column] for column in names), **dialects)
    return table
