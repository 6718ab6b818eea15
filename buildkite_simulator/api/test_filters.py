"""The header, window and filters of lists of tests."""

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from buildkite_simulator.api.errors import ApiError, invalid
from buildkite_simulator.api.query import Query
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.periods import PERIODS
from buildkite_simulator.world.suite_tests import TEST_STATES
from buildkite_simulator.world.summaries import METRICS, ResultTerm, Selection, Term

METRICS_SINCE = date(2026, 8, 1)
_BAD_VERSION = "Buildkite-Version must be in format YYYY-MM-DD"
_VERSIONED = frozenset(
    {
        *("labels", "branch", "owners", "state", "tags", "sort_by", "order"),
        *("period", "min_timestamp", "max_timestamp"),
    }
)


class Window(NamedTuple):
    """The stretch of time executions are taken from: `[since, until)`."""

    since: int
    until: int


def with_metrics(headers: Mapping[str, str]) -> bool:
    """Tell whether `Buildkite-Version` asks for metrics, or raise the API's 400."""
    version = headers.get("buildkite-version", "").strip()
    if not version:
        return False
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", version):
        raise ApiError(400, _BAD_VERSION)
    try:
        return date.fromisoformat(version) >= METRICS_SINCE
    except ValueError:
        raise ApiError(400, _BAD_VERSION) from None


def legacy_query(query: Query, switches: Switches) -> Query:
    """Return what is left of a query without the header: `label` and pages."""
    if switches.unversioned_test_parameters == "refused":
        asked = sorted({key.removesuffix("[]") for key, _ in query.pairs} & _VERSIONED)
        if asked:
            message = f"{asked[0]} needs Buildkite-Version {METRICS_SINCE} or later"
            raise ApiError(400, message)
    return query.without(*_VERSIONED, *(f"{name}[]" for name in _VERSIONED))


def window_of(query: Query, switches: Switches, at: int) -> Window:
    """Return the window a query asks for, up to the present unless it says otherwise."""
    period = query.one("period")
    since, until = (query.moment(name, switches) for name in ("min_timestamp", "max_timestamp"))
    if period:
        if since is not None or until is not None:
            raise ApiError(400, "period can't be combined with min_timestamp or max_timestamp")
        if period not in PERIODS:
            raise invalid("period")
    length = PERIODS[period or switches.test_period]
    return Window(at - length if since is None else since, at + 1 if until is None else until)


def selection_of(query: Query) -> Selection:
    """Return the selection a query asks for; raises the API's 4xx for what it cannot be."""
    if query.one("label") and query.many("labels"):
        raise ApiError(400, "label can't be combined with labels")
    state, sort_by = query.one("state") or None, query.one("sort_by") or "duration_avg"
    order = query.one("order") or "desc"
    for field, value, allowed in (
        ("state", state or "enabled", TEST_STATES),
        ("sort_by", sort_by, METRICS),
        ("order", order, ("asc", "desc")),
    ):
        if value not in allowed:
            raise invalid(field)
    label, pairs = query.one("label"), _tags(query)
    return Selection(
        labels=(Term(label),) if label else _terms(query, "labels"),
        owners=_terms(query, "owners"),
        branch=branch_term(query),
        state=next((each for each in TEST_STATES if each == state), None),
        tags=tuple((key, _term(value)) for key, value in pairs if not _is_group(key, value)),
        results=tuple(
            ResultTerm(value[1:], value[0] == "^") for key, value in pairs if _is_group(key, value)
        ),
        sort_by=next(metric for metric in METRICS if metric == sort_by),
        ascending=order == "asc",
    )


def branch_term(query: Query) -> Term | None:
    """Return the filter by branch."""
    branch = query.one("branch")
    return _term(branch) if branch else None


def _terms(query: Query, name: str) -> tuple[Term, ...]:
    return tuple(map(_term, _values(query, name)))


def _values(query: Query, name: str) -> list[str]:
    """Return the values of a comma-separated list."""
    parts = [part.strip() for value in query.many(name) for part in value.split(",")]
    return [part for part in parts if part]


def _tags(query: Query) -> list[tuple[str, str]]:
    """Return the pairs of `key:value`."""
    pairs = []
    for part in _values(query, "tags"):
        key, colon, value = part.partition(":")
        if not colon or not key or not value:
            raise invalid("tags")
        pairs.append((key, value))
    return pairs


def _is_group(key: str, value: str) -> bool:
    """Tell whether a tag is a condition on all executions of a test; `result` alone can be."""
    return key == "result" and value[0] in "^~"


def _term(value: str) -> Term:
    text = value.removeprefix("!")
    return Term(text.removesuffix("*"), value.startswith("!"), text.endswith("*"))
