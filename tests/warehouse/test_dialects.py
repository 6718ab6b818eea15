"""What an engine lacks is written otherwise, and means the same."""

import sqlite3
from datetime import UTC, datetime, timedelta
from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from buildkite_source.metrics.functions import DIALECT, spell_out
from buildkite_source.warehouse.dialects import aggregates, meant, texts, translated
from buildkite_source.warehouse.queries import text_of


def written(sql: str, dialect: str) -> str:
    """Return a query of ours as an engine gets it."""
    query = translated(spell_out(parse_one(sql, dialect=DIALECT)), dialect)
    return text_of(query, dialect)


@pytest.mark.parametrize(
    ("dialect", "sql", "want"),
    [
        ("spark", "SELECT extract(EPOCH FROM x)", "CAST(UNIX_MICROS(`x`) AS DOUBLE) / 1000000"),
        ("clickhouse", "SELECT extract(EPOCH FROM x)", "toUnixTimestamp64Micro("),
        ("snowflake", "SELECT extract(EPOCH FROM x)", "DATE_PART(EPOCH_MICROSECOND, x)"),
        (
            "mysql",
            "SELECT extract(EPOCH FROM x)",
            "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', `x`)",
        ),
        ("tsql", "SELECT extract(EPOCH FROM x)", "DATEDIFF_BIG(MICROSECOND, "),
        ("redshift", "SELECT extract(EPOCH FROM x)", "DATEDIFF(MICROSECOND, "),
        (
            "redshift",
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
            'WITH RECURSIVE "r"("n") AS (',
        ),
        ("spark", "SELECT quantile_cont(x, 0.5)", "PERCENTILE(`x`, 0.5)"),
        ("clickhouse", "SELECT quantile_cont(x, 0.5)", 'quantileExactInclusive(0.5)("x")'),
        ("spark", "SELECT hour_of(x)", "TIMESTAMP_SECONDS(FLOOR(UNIX_SECONDS(`x`) / 3600) * 3600)"),
        ("duckdb", "SELECT hour_of(x)", "MAKE_TIMESTAMPTZ(EPOCH_US(x) // 3600000000 * 3600000000)"),
        ("bigquery", "SELECT hour_of(x)", "TIMESTAMP_TRUNC(`x`, HOUR)"),
        ("athena", "SELECT hour_of(x)", "DATE_TRUNC('hour', \"x\")"),
        ("clickhouse", "SELECT far_future()", "toDateTime64('2299-12-31 00:00:00', 6, 'UTC')"),
        ("mysql", "SELECT far_future()", "CAST('9999-01-01 00:00:00' AS DATETIME)"),
        ("sqlite", "SELECT far_future()", "'9999-01-01 00:00:00.000000'"),
        (
            "snowflake",
            "SELECT x - 2 * n * INTERVAL '24 hours'",
            "DATEADD(HOUR, -(2 * n * 24), x)",
        ),
        ("mysql", "SELECT x - n * INTERVAL '24 hours'", "`x` - INTERVAL (`n` * 24) HOUR"),
        ("clickhouse", "SELECT x - n * INTERVAL '24 hours'", 'subtractHours("x", "n" * 24)'),
        ("mysql", "SELECT x - n * INTERVAL '1 second'", "`x` - INTERVAL (`n` * 1) SECOND"),
        ("clickhouse", "SELECT x - n * INTERVAL '1 second'", 'subtractSeconds("x", "n" * 1)'),
        ("sqlite", "SELECT x - n * INTERVAL '1 second'", "'-' || (\"n\" * 1) || ' seconds'"),
        (
            "mysql",
            "SELECT count(DISTINCT x) FILTER (WHERE y)",
            "COUNT(DISTINCT CASE WHEN `y` THEN `x` END)",
        ),
        (
            "mysql",
            "SELECT share(1, sum(x) FILTER (WHERE y))",
            "WHEN SUM(CASE WHEN `y` THEN `x` END) > 0",
        ),
        ("mysql", "SELECT a || ' ' || b", "CONCAT(CONCAT(`a`, ' '), `b`)"),
        ("snowflake", "SELECT regexp_matches(x, 'a|b')", "REGEXP_INSTR(x, 'a|b') > 0"),
        ("snowflake", "SELECT regexp_replace(x, 'a', 'b', 'g')", "REGEXP_REPLACE(x, 'a', 'b')"),
        ("mysql", "SELECT a / b", "CAST(`a` AS DOUBLE) / `b`"),
        ("bigquery", "SELECT CAST(j.tags AS TEXT)", "TO_JSON_STRING(`j`.`tags`)"),
        ("redshift", "SELECT CAST(j.matrix AS TEXT)", 'JSON_SERIALIZE("j"."matrix")'),
        ("redshift", "SELECT CAST(j.exit_status AS TEXT)", 'CAST("j"."exit_status" AS VARCHAR'),
    ],
)
def test_an_engine_gets_its_own_way_of_saying_it(dialect: str, sql: str, want: str) -> None:
    assert want in written(sql, dialect)


def test_what_needs_no_rewriting_stays_as_it_is() -> None:
    sql = "SELECT COUNT(*) FILTER(WHERE a), EXTRACT(EPOCH FROM b) FROM t"
    assert written(sql, "duckdb") == sql
    assert written(sql, "postgres") == sql


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.95, 1])
def test_a_percentile_by_places_is_the_percentile(share: float) -> None:
    dice = Random(7)
    rows = [
        (group, None if dice.random() < 0.3 else dice.choice([1.0, 2.0, dice.uniform(0, 99)]))
        for group in ("a", "b", "c")
        for _ in range(dice.randint(3, 30))
    ]
    rows += [("none", None), ("one", 5.0), (None, 1.0), (None, 4.0)]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (g TEXT, x DOUBLE)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        query = parse_one(
            f"SELECT g, count(*) AS n, quantile_cont(x, {share}) AS p, "
            f"quantile_cont(CASE WHEN x > 1 THEN x END, {share}) AS q FROM t GROUP BY 1",
            dialect=DIALECT,
        )
        want = connection.execute(query.sql(dialect=DIALECT)).fetchall()
        other = aggregates.percentiles_by_place(query)
        assert not list(other.find_all(exp.PercentileCont))
        got = connection.execute(other.sql(dialect=DIALECT)).fetchall()
    assert sorted(got, key=str) == [
        tuple(pytest.approx(value) if type(value) is float else value for value in row)
        for row in sorted(want, key=str)
    ]


@settings(deadline=None)
@given(st.lists(st.sampled_from([1, 2, None])))
def test_a_condition_in_a_case_counts_the_same(values: list[int | None]) -> None:
    sql = "SELECT count(*) FILTER (WHERE x > 1), sum(x) FILTER (WHERE x < 2) FROM t"
    other = aggregates.conditions_in_cases(parse_one(sql, dialect=DIALECT)).sql(dialect=DIALECT)
    assert "FILTER" not in other
    rows = "WITH t AS (SELECT unnest(?::INT[]) AS x) "
    got, want = (duckdb.execute(rows + each, [values]).fetchall() for each in (other, sql))
    assert got == want


@settings(deadline=None)
@given(st.text(alphabet='ab"=', max_size=12), st.integers(1, 3), st.sampled_from(['"', "ab"]))
def test_a_part_by_position_is_the_part(text: str, number: int, separator: str) -> None:
    sql = f"SELECT split_part(t.x, '{separator}', {number}) FROM (SELECT ? AS x) AS t"
    other = texts.parts_by_position(parse_one(sql, dialect=DIALECT)).sql(dialect=DIALECT)
    assert "SPLIT" not in other.upper()
    assert duckdb.execute(other, [text]).fetchall() == duckdb.execute(sql, [text]).fetchall()


def test_times_in_text_are_reckoned_with() -> None:
    time = datetime(2026, 3, 1, 2, 59, 59, 987000, tzinfo=UTC)
    text = time.replace(tzinfo=None).isoformat(" ", "microseconds")
    sql = (
        "SELECT extract(EPOCH FROM x), hour_of(x), x - 2 * n * INTERVAL '24 hours', "
        "x < far_future() FROM t"
    )
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t AS SELECT ? AS x, 7 AS n", [text])
        ((epoch, hour, before, is_before),) = connection.execute(written(sql, "sqlite"))
    assert epoch == pytest.approx(time.timestamp(), abs=1e-4)
    assert hour == "2026-03-01 02:00:00.000000"
    assert datetime.fromisoformat(before).replace(tzinfo=UTC) == time - timedelta(days=14)
    assert is_before


def test_white_space_is_no_letters_to_java() -> None:
    # Spark's literals know no \\v and no \\f: they would be letters.
    assert "'(:[a-z0-9_+-]+:|\\\\s)+'" in written("SELECT plain_name(x)", "spark")
    assert "'(:[a-z0-9_+-]+:|\\s)+'" in written("SELECT plain_name(x)", "athena")
    assert "[[:space:]]" in written("SELECT plain_name(x)", "bigquery")


def test_columns_of_a_join_are_those_that_are_asked_for() -> None:
    sql = (
        "WITH both AS (SELECT a.*, b.x AS y FROM a JOIN b ON b.id = a.id) "
        "SELECT id, max(y) AS y FROM both GROUP BY 1"
    )
    assert written(sql, "clickhouse") == (
        'WITH "both" AS (SELECT "a"."id" AS "id", "b"."x" AS "y" FROM "a" JOIN "b" '
        'ON "b"."id" = "a"."id") SELECT "both"."id" AS "id", MAX("both"."y") AS "y" FROM "both" '
        'GROUP BY 1 SETTINGS "join_use_nulls" = 1'
    )


def test_a_question_in_clickhouse_s_own_sql_is_of_the_table_s_columns() -> None:
    """Its engine takes `blocked` for the count of that name, and refuses a count of counts."""
    sql = "SELECT count(CASE WHEN blocked THEN 1 END) AS blocked, slug FROM b ORDER BY blocked"
    query = parse_one(sql, dialect="clickhouse")
    assert text_of(meant(query.copy(), "clickhouse"), "clickhouse") == (
        'SELECT count(CASE WHEN "b"."blocked" THEN 1 END) AS "blocked", "b"."slug" AS "slug" '
        'FROM "b" ORDER BY "blocked" SETTINGS "join_use_nulls" = 1'
    )
    assert meant(query.copy(), "postgres") == query


def test_percentiles_of_joined_and_chosen_rows_are_those_of_duckdb() -> None:
    sql = """
        SELECT b.name, w.word AS said, count(b.x) AS n, quantile_cont(b.x, 0.3) AS p
        FROM b JOIN w ON w.id = b.word WHERE b.x < 90 OR b.x IS NULL
        GROUP BY 1, 2, w.id HAVING count(*) > 1 ORDER BY n DESC, 1, w.word
    """
    by_place = text_of(aggregates.percentiles_by_place(parse_one(sql, dialect=DIALECT)), DIALECT)
    assert "PERCENTILE" not in by_place.upper()
    assert "QUANTILE" not in by_place.upper()
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE w AS SELECT range AS id, 'w' || range AS word FROM range(3)"
        )
        connection.execute(
            "CREATE TABLE b AS SELECT 'n' || range % 4 AS name, range % 3 AS word, "
            "CASE WHEN range % 7 > 0 THEN range * 37 % 101 END AS x FROM range(200)"
        )
        want = connection.execute(sql).fetchall()
        assert len(want) == 12
        got = connection.execute(by_place).fetchall()
    assert [row[:3] for row in got] == [row[:3] for row in want]
    assert [float(row[3]) for row in got] == pytest.approx([row[3] for row in want])
