"""How tables are made where dlt goes by SQLAlchemy; the matrix loads into them."""

import sqlalchemy as sa
from dlt.destinations.impl.sqlalchemy.dialect import get_dialect_capabilities
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from buildkite_source.load.sqlalchemy_tables import adapt_tables

_SCHEMA = {
    "name": "said",
    "columns": {
        "job_id": {"name": "job_id", "data_type": "text", "primary_key": True},
        "number": {"name": "number", "data_type": "bigint", "primary_key": True},
        "text": {"name": "text", "data_type": "text"},
        "extra": {"name": "extra", "data_type": "json"},
    },
}


def adapted(dialect: str) -> sa.Table:
    adapt_tables()
    table = sa.Table(
        "said",
        sa.MetaData(),
        sa.Column("job_id", sa.Text()),
        sa.Column("number", sa.BigInteger()),
        sa.Column("text", sa.Text()),
        sa.Column("extra", sa.JSON(none_as_null=True)),
        schema="ci",
    )
    capabilities = get_dialect_capabilities(dialect)
    assert capabilities
    # dlt shows a table more than once.
    capabilities.adapt_table(table, _SCHEMA)  # type: ignore[arg-type]
    return capabilities.adapt_table(table, _SCHEMA)  # type: ignore[arg-type]


def test_mysql_keeps_whole_texts_in_all_letters_and_finds_keys() -> None:
    for name in ("mysql", "mariadb"):
        table = adapted(name)
        dialect = mysql.dialect(is_mariadb=name == "mariadb")
        made = " ".join(str(CreateTable(table).compile(dialect=dialect)).split())
        assert "text LONGTEXT" in made
        assert "extra JSON" in made
        assert "utf8mb4_bin" in made
        (index,) = table.indexes
        found = str(CreateIndex(index).compile(dialect=dialect))
        assert found == "CREATE INDEX said_key ON ci.said (job_id(64), number)"


def test_json_in_text_is_not_made_json_of_once_more() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(sa.text("ATTACH ':memory:' AS ci"))
        table = adapted("sqlite")
        table.create(connection)
        rows = [{"extra": '{"a":1}'}, {"extra": {"b": [2]}}, {"extra": None}]
        connection.execute(table.insert(), rows)
        found = connection.execute(sa.text("SELECT extra FROM ci.said")).scalars().all()
    assert found == ['{"a":1}', '{"b":[2]}', None]
    (index,) = table.indexes
    assert "CREATE INDEX ci.said_key" in str(CreateIndex(index).compile(dialect=sqlite.dialect()))
