"""Whatever is refused of a setting's value, the text names the setting."""

from datetime import UTC, datetime
from typing import Any

import pytest

from buildkite_source import buildkite_source
from buildkite_source.builds.passes import SyncPlan
from buildkite_source.client import BuildkiteSession
from buildkite_source.details.kinds import detail_kinds
from buildkite_source.exports.reader import ExportReader
from buildkite_source.settings import Details, Exports, Flakes, History, Scope, SettingError
from tests.client.conftest import OpenSession, budget, clock, open_session, server, session

__all__ = ["OpenSession", "budget", "clock", "open_session", "server", "session"]

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def refused(name: str) -> Any:
    return pytest.raises(SettingError, match=f"^The setting {name} ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "soon"),
        ("max_age", "soon"),
        ("history", ["no_table"]),
        ("annotations_by", "soap"),
        ("personal_data", "sell"),
        ("exports_logs", "some"),
        ("exports_since", "soon"),
        ("exports_until", "soon"),
        ("base_url", "api.buildkite.com/v2"),
        ("graphql_url", "graphql.buildkite.com/v1"),
        ("budget_share", 2.0),
        ("log_tail", -5),
    ],
)
def test_when_a_source_is_made(name: str, value: Any) -> None:
    with refused(name):
        buildkite_source(**{"catalog": [], name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("since", "2999-01-01"), ("until", "soon")],
)
def test_when_the_time_is_known(name: str, value: str) -> None:
    with refused(name):
        SyncPlan.of(History(**{name: value}), NOW)


def test_when_a_span_is_none() -> None:
    with pytest.raises(SettingError, match=r"no time from 2026-07-27T.* before 2026-07-22T"):
        SyncPlan.of(History(since="5d", until="10d"), NOW)


def test_of_flakes() -> None:
    with refused("retry_flakes_since"):
        Flakes(retry_flakes_since="soon").check()


def test_when_a_store_is_opened(session: BuildkiteSession) -> None:
    with refused("exports_from"):
        _ = ExportReader(Exports(exports_from="nowhere"), session).store
    logs = detail_kinds(session, None, Details(logs_from="nowhere"), Scope()).logs
    assert logs
    with refused("logs_from"):
        logs._archive.size({})  # type: ignore[union-attr]
