from datetime import datetime, timedelta
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator

from .conftest import Client

START = ManualClock().now()
SUITE = "/analytics/organizations/lumen-freight/suites/unit-tests"
TESTS = f"{SUITE}/tests"
LEGACY = {"id", "url", "web_url", "scope", "name", "location", "file_name", "labels"}
METRICS = LEGACY | {
    *("reliability", "duration_avg", "duration_sum", "duration_min", "duration_max"),
    *("executions_count", "executions_count_by_result"),
}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def api(tiny: Simulator) -> Client:
    """Ask with the version that has metrics."""
    client = Client(tiny)
    client.session.headers["Buildkite-Version"] = "2026-08-01"
    return client


@pytest.fixture(scope="module")
def everything(api: Client) -> list[Row]:
    return api.walk(TESTS, per_page=100)


@pytest.fixture
def plain_api(tiny: Simulator) -> Client:
    return Client(tiny)


def ids(rows: list[Row]) -> set[str]:
    return {row["id"] for row in rows}


def test_metrics_add_up(everything: list[Row]) -> None:
    assert len(everything) > 40
    for row in everything:
        assert set(row) == METRICS
        counts = row["executions_count_by_result"]
        assert {"passed", "failed"} <= set(counts)
        assert all(counts[name] for name in set(counts) - {"passed", "failed"})
        assert sum(counts.values()) == row["executions_count"] > 0
        ran = counts["passed"] + counts["failed"]
        expected = round(counts["passed"] / ran, 6) if ran else None
        assert row["reliability"] == expected
        assert row["duration_min"] <= row["duration_avg"] <= row["duration_max"]
        total = row["duration_avg"] * row["executions_count"]
        assert row["duration_sum"] == pytest.approx(total, abs=1e-3)
    assert {name for row in everything for name in row["executions_count_by_result"]} == {
        *("passed", "failed", "skipped", "pending")
    }


def test_failed_counts_are_the_failed_executions_of_the_window(
    api: Client, everything: list[Row]
) -> None:
    since = START - timedelta(days=7)
    failed: dict[str, int] = {}
    for run in api.walk(f"{SUITE}/runs", per_page=100):
        for row in api.walk(f"{run['url']}/failed_executions", per_page=100):
            assert run["result"] == "failed"
            if datetime.fromisoformat(row["created_at"]) >= since:
                failed[row["test_id"]] = failed.get(row["test_id"], 0) + 1
    counted = {row["id"]: row["executions_count_by_result"]["failed"] for row in everything}
    assert failed
    assert failed == {test: count for test, count in counted.items() if count}


@pytest.mark.parametrize(
    ("header", "keys"),
    [
        ("2026-08-01", METRICS),
        ("2027-01-31", METRICS),
        ("2026-07-31", LEGACY),
        ("", LEGACY),
        (None, LEGACY),
    ],
)
def test_the_version_decides_the_form(
    plain_api: Client, everything: list[Row], header: str | None, keys: set[str]
) -> None:
    headers = {} if header is None else {"Buildkite-Version": header}
    plain_api.session.headers.update(headers)
    rows = plain_api.walk(TESTS, per_page=100)
    assert all(set(row) == keys for row in rows)
    assert ids(rows) == ids(everything)
    assert set(plain_api.get(rows[0]["url"]).json()) == keys


@pytest.mark.parametrize("header", ["2026-8-1", "latest", "2026-08-01T00:00:00Z", "2026-13-01"])
@pytest.mark.parametrize("path", [TESTS, f"{TESTS}/none", f"{TESTS}/find"])
def test_a_badly_formed_version_is_refused(plain_api: Client, header: str, path: str) -> None:
    plain_api.session.headers["Buildkite-Version"] = header
    method = "POST" if path.endswith("find") else "GET"
    response = plain_api.request(method, path)
    assert response.status_code == 400
    assert response.json() == {"message": "Buildkite-Version must be in format YYYY-MM-DD"}


def test_without_the_version_only_label_filters(
    tiny: Simulator, plain_api: Client, everything: list[Row]
) -> None:
    slow = {row["id"] for row in everything if "slow" in row["labels"]}
    assert slow
    assert ids(plain_api.walk(TESTS, label="slow", per_page=100)) == slow
    assert len(plain_api.walk(TESTS, state="muted", per_page=100)) == len(everything)
    tiny.switches.unversioned_test_parameters = "refused"
    refused = plain_api.get(TESTS, state="muted")
    assert plain_api.get(TESTS, label="slow").status_code == 200
    tiny.switches.unversioned_test_parameters = "ignored"
    assert refused.status_code == 400
    assert "Buildkite-Version" in refused.json()["message"]


def test_windows(tiny: Simulator, api: Client, everything: list[Row]) -> None:
    def counts(**query: str) -> dict[str, int]:
        rows = api.walk(TESTS, per_page=100, **query)
        return {row["id"]: row["executions_count"] for row in rows}

    def at(**back: float) -> str:
        return f"{START - timedelta(**back):%Y-%m-%dT%H:%M:%SZ}"

    whole = counts()
    assert counts(period="7days") == counts(min_timestamp=at(days=7)) == whole
    day, before = counts(period="1day"), counts(max_timestamp=at(days=1), period="")
    assert 0 < sum(day.values()) < sum(whole.values())
    assert {test: day.get(test, 0) + before.get(test, 0) for test in whole} == whole
    assert counts(min_timestamp=at(days=1)) == day
    assert counts(min_timestamp=at(days=2), max_timestamp=at(days=2)) == {}
    tiny.switches.test_period = "1day"
    assert counts() == day
    tiny.switches.test_period = "7days"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("period=1day&min_timestamp=2026-08-01T00:00:00Z", 400),
        ("period=1day&max_timestamp=2026-08-01T00:00:00Z", 400),
        ("labels=flaky&label=slow", 400),
        ("period=fortnight", 422),
        ("min_timestamp=yesterday", 422),
        ("state=asleep", 422),
        ("sort_by=name", 422),
        ("order=sideways", 422),
        ("tags=result", 422),
    ],
)
def test_what_cannot_be_is_refused(api: Client, query: str, status: int) -> None:
    assert api.get(f"{TESTS}?{query}").status_code == status


def test_a_test_by_itself(api: Client, everything: list[Row]) -> None:
    row = everything[3]
    assert api.get(row["url"]).json() == row
    idle = api.get(row["url"], max_timestamp="2020-01-01T00:00:00Z").json()
    assert {key: idle[key] for key in LEGACY} == {key: row[key] for key in LEGACY}
    assert idle["executions_count"] == 0
    assert idle["executions_count_by_result"] == {"passed": 0, "failed": 0}
    assert all(idle[key] is None for key in METRICS - LEGACY if "count" not in key)


def test_find(api: Client, everything: list[Row]) -> None:
    row = everything[5]
    sent = {"scope": row["scope"], "name": row["name"]}
    found = api.request("POST", f"{TESTS}/find", json=sent)
    assert found.status_code == 200
    assert found.json() == {key: row[key] for key in LEGACY}
    assert api.request("POST", f"{TESTS}/find", json=sent | {"name": "?"}).status_code == 404
    missing = api.request("POST", f"{TESTS}/find", json={"name": "x"})
    assert missing.status_code == 422
    assert missing.json()["errors"] == [{"field": "scope", "code": "missing"}]


def test_tests_of_a_build(tiny: Simulator, plain_api: Client) -> None:
    """Together they are the suites' executions, and need no version."""
    by_build: dict[str, int] = {}
    organization = "/analytics/organizations/lumen-freight"
    for build in plain_api.walk("/organizations/lumen-freight/builds", per_page=100):
        rows = plain_api.walk(f"{organization}/builds/{build['id']}/tests", per_page=100)
        assert all(set(row) == METRICS for row in rows)
        by_build[build["id"]] = sum(row["executions_count"] for row in rows)
    plain_api.session.headers["Buildkite-Version"] = "2026-08-01"
    total = 0
    for suite in plain_api.walk(f"{organization}/suites"):
        rows = plain_api.walk(f"{suite['url']}/tests", per_page=100)
        total += sum(row["executions_count"] for row in rows)
    assert sum(by_build.values()) == total > 1_000


def test_flaky_tests(api: Client) -> None:
    rows = api.walk(f"{SUITE}/flaky-tests", per_page=2)
    assert rows
    latest = [row["latest_occurrence_at"] for row in rows]
    assert latest == sorted(latest, reverse=True)
    for row in rows:
        assert set(row) == (LEGACY - {"url", "labels"}) | {
            *("instances", "latest_occurrence_at", "most_recent_instance_at"),
            *("last_resolved_at", "ownership_team_ids"),
        }
        assert row["instances"] >= 1
        test = api.get(f"{TESTS}/{row['id']}").json()
        assert test["executions_count_by_result"]["failed"] >= row["instances"]
        assert test["executions_count_by_result"]["passed"] >= row["instances"]
    name = rows[0]["name"]
    found = api.walk(f"{SUITE}/flaky-tests", search=name.upper())
    assert rows[0] in found
    assert {row["name"] for row in found} == {name}
    everywhere = sum(row["instances"] for row in rows)
    parts = [api.walk(f"{SUITE}/flaky-tests", branch=branch) for branch in ("main", "!main")]
    assert sum(row["instances"] for part in parts for row in part) == everywhere
    assert len(api.walk(f"{SUITE}/flaky-tests", period="1hour")) < len(rows)
    assert api.get(f"{SUITE}/flaky-tests", period="ages").status_code == 422
