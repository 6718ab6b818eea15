"""Times: seconds since 1970, whole hours, a time after all others, hours added and taken away."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlglot import exp

from .tree import call, pattern, replaced

_MILLION = exp.Literal.number(1_000_000)
_START = "1970-01-01 00:00:00"
# https://clickhouse.com/docs/sql-reference/data-types/datetime64
_LAST_OF_CLICKHOUSE = datetime(2299, 12, 31)


def _epoch(change: Callable[[exp.Expr], exp.Expr], query: exp.Expr) -> exp.Expr:
    """Have `change` write the seconds since 1970, with their fraction, of a time."""

    def one(node: exp.Extract) -> exp.Expr:
        return change(node.expression) if node.name.upper() == "EPOCH" else node

    return replaced(query, exp.Extract, one)


def _seconds(microseconds: exp.Expr) -> exp.Expr:
    return exp.paren(exp.Div(this=exp.cast(microseconds, exp.DType.DOUBLE), expression=_MILLION))


def epoch_of_microseconds(query: exp.Expr) -> exp.Expr:
    """Write seconds since 1970 by the function of BigQuery and Spark."""
    return _epoch(lambda time: _seconds(call("UNIX_MICROS", time)), query)


def epoch_of_clickhouse(query: exp.Expr) -> exp.Expr:
    """Write seconds since 1970 by ClickHouse's function."""
    return _epoch(lambda time: _seconds(call("toUnixTimestamp64Micro", time)), query)


def epoch_of_mysql(query: exp.Expr) -> exp.Expr:
    """Write seconds since 1970 as a difference: `UNIX_TIMESTAMP` depends on the session's zone."""

    def change(time: exp.Expr) -> exp.Expr:
        return _seconds(call("TIMESTAMPDIFF", exp.var("MICROSECOND"), _START, time))

    return _epoch(change, query)


def epoch_of_redshift(query: exp.Expr) -> exp.Expr:
    """Write seconds since 1970 as a difference: Redshift's `EPOCH` is whole seconds."""

    def change(time: exp.Expr) -> exp.Expr:
        in_utc = exp.AtTimeZone(this=time.copy(), zone=exp.Literal.string("UTC"))
        start = exp.cast(exp.Literal.string(_START), exp.DType.TIMESTAMP)
        return _seconds(call("DATEDIFF", exp.var("MICROSECOND"), start, in_utc))

    return _epoch(change, query)


def epoch_of_snowflake(query: exp.Expr) -> exp.Expr:
    """Write seconds since 1970 by microseconds: Snowflake's `EPOCH` is whole seconds."""
    return _epoch(
        lambda time: _seconds(call("DATE_PART", exp.var("EPOCH_MICROSECOND"), time)), query
    )


def epoch_of_sqlite(query: exp.Expr) -> exp.Expr:
    """Write seconds since 1970 of a time in text, to the millisecond."""

    def change(time: exp.Expr) -> exp.Expr:
        whole, second, fraction = (
            exp.cast(call("strftime", form, time), exp.DType.DOUBLE) for form in ("%s", "%S", "%f")
        )
        return exp.paren(whole - second + fraction)

    return _epoch(change, query)


def epoch_of_tsql(query: exp.Expr) -> exp.Expr:
    """Write seconds since 1970 as a difference."""

    def change(time: exp.Expr) -> exp.Expr:
        return _seconds(call("DATEDIFF_BIG", exp.var("MICROSECOND"), _START, time))

    return _epoch(change, query)


def _hours(change: Callable[[exp.Expr], exp.Expr], query: exp.Expr) -> exp.Expr:
    """Have `change` write the start of the hour of a time in UTC."""

    def one(node: exp.AtTimeZone) -> exp.Expr:
        cut = node.this
        return change(cut.this.this) if _is_hour(cut) else node

    return replaced(query, exp.AtTimeZone, one)


def _is_hour(node: exp.Expr) -> bool:
    """Whether it is the function `hour_of`, but for putting the time back into UTC."""
    return (
        isinstance(node, exp.TimestampTrunc)
        and node.text("unit").upper() == "HOUR"
        and isinstance(node.this, exp.AtTimeZone)
        and node.this.text("zone") == "UTC"
    )


def hours_of_spark(query: exp.Expr) -> exp.Expr:
    """Write hours so that they do not depend on the zone of the session."""

    def change(time: exp.Expr) -> exp.Expr:
        hours = exp.Floor(this=exp.Div(this=call("UNIX_SECONDS", time), expression=_AN_HOUR.copy()))
        return call("TIMESTAMP_SECONDS", exp.Mul(this=hours, expression=_AN_HOUR.copy()))

    return _hours(change, query)


_AN_HOUR = exp.Literal.number(3600)


def hours_of_duckdb(query: exp.Expr) -> exp.Expr:
    """Write hours as so many since 1970: DuckDB asks its calendar for each time with a zone.

    Of five million times that took 4 seconds of a processor, and this takes 0.15.
    """

    def change(time: exp.Expr) -> exp.Expr:
        return pattern("make_timestamptz(epoch_us(:time) // :hour * :hour)", time=time, hour=_HOUR)

    return _hours(change, query)


_HOUR = exp.Literal.number(3_600_000_000)


def hours_in_utc_by_default(query: exp.Expr) -> exp.Expr:
    """Write hours where a time is cut in UTC unless another zone is named."""
    return _hours(lambda time: exp.TimestampTrunc(this=time.copy(), unit=exp.var("HOUR")), query)


def hours_without_zone(query: exp.Expr) -> exp.Expr:
    """Write hours of times that are in UTC and have no zone."""
    return _hours(lambda time: call("DATE_TRUNC", "hour", time), query)


def hours_of_clickhouse(query: exp.Expr) -> exp.Expr:
    """Write hours by ClickHouse's function."""

    def change(time: exp.Expr) -> exp.Expr:
        return _datetime64(call("toStartOfHour", time, "UTC"))

    return _hours(change, query)


def hours_of_mysql(query: exp.Expr) -> exp.Expr:
    """Write hours of times that are in UTC and have no zone."""

    def change(time: exp.Expr) -> exp.Expr:
        return exp.cast(call("DATE_FORMAT", time, "%Y-%m-%d %H:00:00"), exp.DType.DATETIME)

    return _hours(change, query)


def hours_of_sqlite(query: exp.Expr) -> exp.Expr:
    """Write hours of times that are text in UTC."""
    return _hours(lambda time: call("strftime", "%Y-%m-%d %H:00:00.000000", time), query)


def hours_of_tsql(query: exp.Expr) -> exp.Expr:
    """Write hours as so many since 1970: Synapse has no `DATETRUNC`."""

    def change(time: exp.Expr) -> exp.Expr:
        start = exp.cast(exp.Literal.string(f"{_START}+00:00"), exp.DType.TIMESTAMPTZ)
        hours = call("DATEDIFF", exp.var("HOUR"), start, time)
        return call("DATEADD", exp.var("HOUR"), hours, start)

    return _hours(change, query)


def _literals(change: Callable[[datetime], exp.Expr], query: exp.Expr) -> exp.Expr:
    """Have `change` write times that are given in text with their zone."""

    def one(node: exp.Cast) -> exp.Expr:
        if not node.to.is_type(exp.DType.TIMESTAMPTZ) or not node.this.is_string:
            return node
        return change(datetime.fromisoformat(node.this.name).replace(tzinfo=None))

    return replaced(query, exp.Cast, one)


def times_without_zone(query: exp.Expr) -> exp.Expr:
    """Write times without their zone, which is that of all stored ones."""
    return _literals(
        lambda time: exp.cast(exp.Literal.string(time.isoformat(" ")), exp.DType.DATETIME), query
    )


def times_of_sqlite(query: exp.Expr) -> exp.Expr:
    """Write times as the text that SQLAlchemy stores."""
    return _literals(
        lambda time: exp.Literal.string(time.isoformat(" ", timespec="microseconds")), query
    )


def times_of_clickhouse(query: exp.Expr) -> exp.Expr:
    """Write times of ClickHouse's type, the sentinel as the last day that it has."""

    def change(time: datetime) -> exp.Expr:
        known = min(time, _LAST_OF_CLICKHOUSE)
        return _datetime64(exp.Literal.string(known.isoformat(" ")))

    return _literals(change, query)


def _datetime64(value: exp.Expr) -> exp.Expr:
    return call("toDateTime64", value, 6, "UTC")


_Change = Callable[[exp.Expr, exp.Expr, str], exp.Expr]
_UNITS = ("HOUR", "SECOND")


def _intervals(change: _Change, query: exp.Expr) -> exp.Expr:
    """Have `change` write a time less an interval; it gets the time, the number and the unit."""

    def one(node: exp.Sub) -> exp.Expr:
        product = node.expression
        factors = list(product.flatten()) if isinstance(product, exp.Mul) else [product]
        spans = [factor for factor in factors if isinstance(factor, exp.Interval)]
        if not spans:
            return node
        (span,) = spans
        unit = span.text("unit").upper().removesuffix("S")
        if unit not in _UNITS:
            raise ValueError(f"Not an interval of hours or seconds: {span.sql()}")
        others = [factor for factor in factors if factor is not span]
        return change(node.this, _product([*others, exp.Literal.number(int(span.name))]), unit)

    return replaced(query, exp.Sub, one)


def _product(factors: Iterable[exp.Expr]) -> exp.Expr:
    whole: exp.Expr | None = None
    for factor in factors:
        whole = exp.Mul(this=whole, expression=factor.copy()) if whole else factor.copy()
    assert whole  # noqa: S101 - the number of hours of the interval
    return whole


def intervals_by_dateadd(query: exp.Expr) -> exp.Expr:
    """Take time away by `DATEADD`, where intervals cannot be multiplied."""

    def change(time: exp.Expr, number: exp.Expr, unit: str) -> exp.Expr:
        return call("DATEADD", exp.var(unit), exp.Neg(this=exp.paren(number)), time)

    return _intervals(change, query)


def intervals_of_clickhouse(query: exp.Expr) -> exp.Expr:
    """Take time away by ClickHouse's functions."""

    def change(time: exp.Expr, number: exp.Expr, unit: str) -> exp.Expr:
        return call(f"subtract{unit.capitalize()}s", time, number)

    return _intervals(change, query)


def intervals_of_mysql(query: exp.Expr) -> exp.Expr:
    """Take away an interval whose number is worked out within it."""

    def change(time: exp.Expr, number: exp.Expr, unit: str) -> exp.Expr:
        span = exp.Interval(this=exp.paren(number), unit=exp.var(unit))
        return exp.Sub(this=time.copy(), expression=span)

    return _intervals(change, query)


def intervals_of_sqlite(query: exp.Expr) -> exp.Expr:
    """Take hours or seconds away from a time in text."""

    def change(time: exp.Expr, number: exp.Expr, unit: str) -> exp.Expr:
        text = exp.Literal.string(f" {unit.lower()}s")
        less = pattern("'-' || (:number) || :unit", number=number, unit=text)
        cut = call("strftime", "%Y-%m-%d %H:%M:%f", time, less)
        return exp.DPipe(this=cut, expression=exp.Literal.string("000"))

    return _intervals(change, query)
