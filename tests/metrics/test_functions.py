import duckdb
import pytest
from sqlglot import parse_one

from buildkite_source.metrics.functions import DIALECT, spell_out


@pytest.mark.parametrize(
    ("call", "value"),
    [("share(1, 1 + 3)", 0.25), ("share(1 + 1, 4)", 0.5), ("share(3 - 1, 2 - 1 - 1)", None)],
)
def test_an_argument_stays_in_one_piece(call: str, value: float | None) -> None:
    query = spell_out(parse_one(f"SELECT {call}", dialect=DIALECT)).sql(dialect=DIALECT)
    assert duckdb.sql(query).fetchall() == [(value,)]
