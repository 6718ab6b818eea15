"""The SQL of every view holds nothing that the engine lacks which it is for."""

import pytest
from sqlglot import ErrorLevel, exp
from sqlglot.dialects import MySQL, Redshift

from buildkite_source.metrics import every_view
from buildkite_source.metrics.dialects import left_out, page
from buildkite_source.metrics.functions import DIALECT
from buildkite_source.tables import EVERY_TABLE, Kind
from buildkite_source.warehouse.dialects import translated
from buildkite_source.warehouse.dialects.constructs import CONSTRUCTS, ENGINES, lacking
from buildkite_source.warehouse.dialects.texts import JSON_COLUMNS
from tests.cli.running import REPOSITORY

# What these lack nothing stands for; docs/dialects.md counts their views.
_WITHOUT = {
    "sqlite": {"regular expressions"},
    "tsql": {
        "regular expressions",
        "GROUP BY with the numbers of columns",
        "truth as a value",
    },
}


# The page counts what each engine lacks, and is compared.
@pytest.mark.parametrize(
    "dialect",
    [
        pytest.param(name, marks=() if name in ("snowflake", *_WITHOUT) else pytest.mark.slow)
        for name in ENGINES
    ],
)
def test_no_view_holds_what_the_engine_lacks(dialect: str) -> None:
    lacks = {one.name for found in left_out(dialect).values() for one in found}
    assert lacks == _WITHOUT.get(dialect, set())


def test_no_part_of_a_view_has_a_name_that_is_a_word_of_an_engine() -> None:
    """`lines` is one of MariaDB's, which takes no view with a part of that name."""
    words = set[str]().union(*(one.Generator.RESERVED_KEYWORDS for one in (MySQL, Redshift)))
    assert "lines" in words
    for view in every_view():
        names = {alias.name.lower() for alias in view.query.find_all(exp.TableAlias)}
        assert names & words == set(), view.name


def test_each_construct_is_found_in_what_the_views_are_written_in() -> None:
    """Or the test above could not fail."""
    # In DuckDB's words, before rewrites: as sqlglot alone would write them.
    written = [view.query.sql(dialect=DIALECT) for view in every_view()]
    others = {
        "TIMESTAMP WITH TIME ZONE as the type of a view's column": "CAST(x AS TIMESTAMPTZ)",
        "REGEXP_LIKE that finds a part of a text": "REGEXP_LIKE(x, 'a')",
        "NULLS LAST": "ORDER BY x NULLS LAST",
        "truth as a value": "SELECT a AND b AS [c]",
    }
    for construct in CONSTRUCTS:
        dialect = next(iter(construct.lacking))
        queries = [others[construct.name]] if construct.name in others else written
        found = {one.name for sql in queries for one in lacking(sql, dialect)}
        assert construct.name in found


def test_remarks_are_on_engines_that_lack_something() -> None:
    for construct in CONSTRUCTS:
        assert construct.remarks.keys() <= construct.lacking.keys()


@pytest.mark.parametrize(
    "dialect",
    [
        "spark",
        "clickhouse",
        "snowflake",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("redshift", "athena")),
    ],
)
def test_sqlglot_knows_how_to_say_all_that_is_left(dialect: str) -> None:
    for view in every_view():
        query = translated(view.query.copy(), dialect)
        query.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE)


def test_what_is_read_as_text_is_json_or_no_json_is_meant() -> None:
    json = {
        column.name for table in EVERY_TABLE for column in table.columns if column.kind is Kind.JSON
    }
    read = {
        cast.this.name
        for view in every_view()
        for cast in view.query.find_all(exp.Cast)
        if isinstance(cast.this, exp.Column) and cast.to.is_type("text")
    }
    assert read & json == JSON_COLUMNS


@pytest.mark.slow
def test_the_page_is_that_of_the_code() -> None:
    assert (REPOSITORY / "docs" / "dialects.md").read_text() == page(), (
        "python -m buildkite_source.metrics.dialects > docs/dialects.md"
    )
