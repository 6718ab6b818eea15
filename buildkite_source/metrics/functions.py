"""Functions the views may call, each spelled out in its place: no destination has to have them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlglot import exp, parse_one

from buildkite_source.warehouse.queries import filled

# What the .sql files are written in.
DIALECT = "duckdb"

_SETTLED_BUILD = "('passed', 'failed', 'canceled', 'skipped', 'not_run')"
_FAILED_ATTEMPT = "('failed', 'timed_out', 'expired')"
# 1.96 is the quantile of the normal distribution for 95 %; 3.8416 is its square.
_CENTRE = "(:k + 1.9208)"
_MARGIN = "1.96 * sqrt(CAST(:k AS DOUBLE) * (:n - :k) / :n + 0.9604)"

_STEP = "coalesce(:key, :name, :command, '(unnamed)')"

_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "settled": ("state", f"coalesce(:state IN {_SETTLED_BUILD}, FALSE)"),
    "uploads_steps": ("command", "coalesce(:command LIKE '%pipeline upload%', FALSE)"),
    "fails": (
        "state soft",
        f"coalesce(:state IN {_FAILED_ATTEMPT} AND NOT coalesce(:soft, FALSE), FALSE)",
    ),
    "fails_softly": (
        "state soft",
        f"coalesce(:state IN {_FAILED_ATTEMPT} AND coalesce(:soft, FALSE), FALSE)",
    ),
    "plain_name": (
        "name",
        "nullif(trim(regexp_replace(:name, '(:[a-z0-9_+-]+:|[[:space:]])+', ' ', 'g')), '')",
    ),
    "step_of": (
        "key name command matrix",
        f"CASE WHEN :matrix IS NULL THEN {_STEP} ELSE {_STEP} || ' ' || :matrix END",
    ),
    # PostgreSQL writes JSON with blanks; versions before 0.2 loaded no text.
    "matrix_of": (
        "text json",
        "coalesce(:text, replace(replace(CAST(:json AS TEXT), '\": ', '\":'), ', \"', ',\"'))",
    ),
    # Tags are a JSON list such as ["queue=gpu", "os=linux"].
    "queue_tag": (
        "tags",
        "nullif(split_part(split_part(CAST(:tags AS TEXT), '\"queue=', 2), '\"', 1), '')",
    ),
    # Casts to hours and days of a time with zone depend on the session's zone; this does not.
    "hour_of": ("time", "date_trunc('hour', :time AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"),
    # What a time zone makes of a time, it makes of all in the same quarter of an hour: to ask that
    # once of each, and not of each row, takes a third of the time.
    "quarter_of": ("time", "floor(extract(EPOCH FROM :time) / 900)"),
    # DuckDB is ten times slower at subtracting the times themselves.
    "seconds_between": (
        "start stop",
        "CAST(extract(EPOCH FROM :stop) - extract(EPOCH FROM :start) AS DOUBLE)",
    ),
    "overlap_seconds": (
        "start stop low high",
        "CASE WHEN :start IS NOT NULL THEN greatest(CAST(extract(EPOCH FROM least(:stop, :high)) "
        "- extract(EPOCH FROM greatest(:start, :low)) AS DOUBLE), 0) END",
    ),
    "far_future": ("", "CAST('9999-01-01 00:00:00+00:00' AS TIMESTAMPTZ)"),
    "share": ("k n", "CASE WHEN :n > 0 THEN CAST(:k AS DOUBLE) / :n END"),
    "wilson_low": (
        "k n",
        f"CASE WHEN :n > 0 THEN greatest(({_CENTRE} - {_MARGIN}) / (:n + 3.8416), 0) END",
    ),
    "wilson_high": (
        "k n",
        f"CASE WHEN :n > 0 THEN least(({_CENTRE} + {_MARGIN}) / (:n + 3.8416), 1) END",
    ),
    "percentile": ("x p least", "CASE WHEN count(:x) >= :least THEN quantile_cont(:x, :p) END"),
}

MEANINGS: Mapping[str, str] = {
    "settled(state)": "the build is settled: passed, failed, canceled, skipped or not_run",
    "uploads_steps(command)": "the job runs `buildkite-agent pipeline upload`",
    "fails(state, soft_failed)": "the attempt failed, timed out or expired, and not softly",
    "fails_softly(state, soft_failed)": "it did so in a way the step allows",
    "plain_name(name)": "the name without emoji codes and needless space",
    "step_of(key, name, command, matrix)": "step identity: key, else name, else command; and the "
    "matrix values",
    "matrix_of(text, json)": "the values of a matrix as text, the same on every destination",
    "queue_tag(tags)": "value of the tag `queue` of an agent, NULL without one",
    "hour_of(time)": "start of the hour, in UTC",
    "quarter_of(time)": "number of the quarter hour, since 1970",
    "seconds_between(start, stop)": "stop - start in seconds",
    "overlap_seconds(start, stop, low, high)": "seconds that two spans have in common",
    "far_future()": "a time after all others",
    "share(k, n)": "k / n, NULL when n = 0",
    "wilson_low(k, n)": "lower end of the Wilson interval of k of n at 95 %, NULL when n = 0",
    "wilson_high(k, n)": "upper end of it",
    "percentile(x, p, least)": "continuous percentile, NULL with fewer than `least` values",
}


def spell_out(query: Any) -> Any:
    """Return the query with every call of a function of ours replaced by what it stands for."""
    return query.transform(_replace)


def _replace(node: Any) -> Any:
    if not isinstance(node, exp.Anonymous) or node.name.lower() not in _DEFINITIONS:
        return node
    parameters, body = _definition(node.name.lower())
    # Arguments may call functions themselves, which the walk does not reach any more.
    arguments = [_whole(spell_out(argument)) for argument in node.expressions]
    values = dict(zip(parameters, arguments, strict=True))
    return exp.paren(filled(body, **values), copy=False)


def _whole(argument: Any) -> Any:
    """Return the argument such that nothing beside it in the body takes a part of it."""
    return exp.paren(argument, copy=False) if isinstance(argument, exp.Binary) else argument


@cache
def _definition(name: str) -> tuple[tuple[str, ...], Any]:
    parameters, body = _DEFINITIONS[name]
    return tuple(parameters.split()), parse_one(body, dialect=DIALECT)
