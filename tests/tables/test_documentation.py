import re

import duckdb
import pytest

from buildkite_source.tables import EVERY_TABLE, Column, Kind, Table, comment_statements, markdown

EACH_TABLE = pytest.mark.parametrize("table", EVERY_TABLE, ids=lambda table: table.name)

TRICKY = Table(
    name="tricky",
    description="One row's \"whole\" story; -- it's 'quoted'",
    documentation="https://buildkite.com/docs",
    columns=(
        Column("id", Kind.TEXT, "id", "It's the 'id'; DROP TABLE tricky; --", required=True),
        Column('odd "name"', Kind.TEXT, "odd", "A back\\slash, a $1, a %s and a 🚀"),
    ),
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def sections() -> dict[str, str]:
    parts = re.split(r"^## (\w+)$", markdown(EVERY_TABLE), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_page_has_a_section_for_each_table_in_order() -> None:
    assert list(sections()) == [table.name for table in EVERY_TABLE]


@EACH_TABLE
def test_the_page_tells_every_column(table: Table) -> None:
    section = sections()[table.name]
    assert table.description in section
    assert table.documentation in section
    keyed = "Primary key: `" in section
    assert (keyed, "Each load adds rows." in section) == (not table.append, table.append)
    for column in table.columns:
        line = next(x for x in section.splitlines() if x.startswith(f"| `{column.name}` |"))
        assert f"| {column.kind.name} |" in line
        assert column.description in line
        assert ("Personal." in line) is column.personal
        assert ("mention people." in line) is column.mentions_people
        assert ("secrets." in line) is column.secret


@EACH_TABLE
def test_the_page_tells_what_is_left_out_and_why(table: Table) -> None:
    section = sections()[table.name]
    for path, reason in table.omitted.items():
        assert f"| `{path}` | {reason} |" in section


@EACH_TABLE
def test_the_page_has_whole_table_rows_only(table: Table) -> None:
    rows = [line for line in sections()[table.name].splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {3, 5}
    assert len(rows) == len(table.columns) + len(table.omitted) + 4


def test_the_page_is_the_same_each_time() -> None:
    assert markdown(EVERY_TABLE) == markdown(EVERY_TABLE)


@pytest.mark.parametrize("table", [*EVERY_TABLE, TRICKY], ids=lambda table: table.name)
def test_a_database_takes_every_comment_word_for_word(table: Table) -> None:
    names = {column.name for column in table.columns}
    with duckdb.connect(":memory:") as database:
        columns = ", ".join(f"{quoted(column.name)} VARCHAR" for column in table.columns)
        database.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
        for statement in comment_statements(table, quoted(table.name), quoted, names):
            database.execute(statement)
        told = database.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        assert dict(told) == {column.name: column.description for column in table.columns}
        told = database.execute("SELECT comment FROM duckdb_tables()").fetchall()
        assert told == [(table.description,)]


def test_columns_the_destination_does_not_have_get_no_comment() -> None:
    statements = list(comment_statements(TRICKY, "main.tricky", quoted, {"id"}))
    assert len(statements) == 2
    assert statements[0].startswith("COMMENT ON TABLE main.tricky IS 'One row''s")
    assert statements[1].startswith('COMMENT ON COLUMN main.tricky."id" IS ')
