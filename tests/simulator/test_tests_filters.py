from typing import Any

import pytest

from buildkite_simulator import Simulator

from .conftest import Client

SUITE = "/analytics/organizations/lumen-freight/suites/unit-tests"
TESTS = f"{SUITE}/tests"
LEGACY = {"id", "url", "web_url", "scope", "name", "location", "file_name", "labels"}
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


def ids(rows: list[Row]) -> set[str]:
    return {row["id"] for row in rows}


def test_labels(api: Client, everything: list[Row]) -> None:
    def labelled(**query: str) -> set[str]:
        return ids(api.walk(TESTS, per_page=100, **query))

    flaky = {row["id"] for row in everything if "flaky" in row["labels"]}
    slow = {row["id"] for row in everything if "slow" in row["labels"]}
    assert labelled(labels="flaky") == labelled(label="flaky") == flaky
    assert labelled(labels="flaky,!slow") == flaky - slow
    assert labelled(labels="!flaky") == ids(everything) - flaky
    assert flaky & slow
    assert labelled(labels="flaky,slow") == flaky & slow


def test_owners(api: Client, everything: list[Row]) -> None:
    owners = {row["id"]: row["scope"].split(":")[0].split("-")[0] for row in everything}
    some, *others = sorted(set(owners.values()))
    assert others
    theirs = {test for test, owner in owners.items() if owner == some}
    assert ids(api.walk(TESTS, owners=some, per_page=100)) == theirs
    assert ids(api.walk(TESTS, owners=f"!{some}", per_page=100)) == set(owners) - theirs
    assert ids(api.walk(TESTS, owners=f"{some},{others[0]}", per_page=100)) > theirs


def test_states_agree_with_the_quarantine(api: Client, everything: list[Row]) -> None:
    found = {
        state: ids(api.walk(TESTS, state=state, per_page=100))
        for state in ("enabled", "muted", "skipped")
    }
    assert set.union(*found.values()) == ids(everything)
    assert sum(map(len, found.values())) == len(everything)
    for state in ("muted", "skipped"):
        listed = api.walk(f"{TESTS}/{state}")
        assert all(set(row) == LEGACY for row in listed)
        assert found[state]
        assert found[state] == ids(listed) & ids(everything)


def test_branches(api: Client, everything: list[Row]) -> None:
    def count(**query: str) -> int:
        return sum(row["executions_count"] for row in api.walk(TESTS, per_page=100, **query))

    total, main = count(), count(branch="main")
    assert 0 < main < total
    assert count(branch="!main") == total - main
    assert count(branch="ma*") == main
    assert count(branch="!ma*") == total - main
    assert count(branch="no-such-branch") == 0
    assert count(tags="scm.branch:main") <= main


def test_tags(api: Client, everything: list[Row]) -> None:
    by_id = {row["id"]: row for row in everything}

    def tagged(tags: str) -> list[Row]:
        return api.walk(TESTS, tags=tags, per_page=100)

    def with_counts(**wanted: bool) -> set[str]:
        return {
            test
            for test, row in by_id.items()
            if all(
                bool(row["executions_count_by_result"].get(result)) == present
                for result, present in wanted.items()
            )
        }

    failed = tagged("result:failed")
    assert ids(failed) == with_counts(failed=True)
    assert all(row["reliability"] == 0 for row in failed)
    contains = tagged("result:~failed")
    assert contains == [row for row in everything if row["id"] in ids(failed)]
    only = tagged("result:^passed")
    assert ids(only) == with_counts(failed=False, skipped=False, pending=False, passed=True)
    assert all(row in everything for row in only)
    jest = tagged("test.framework.name:jest")
    assert jest
    assert tagged("test.framework.name:je*") == jest
    assert tagged("test.framework.name:!je*,test.framework.name:jest") == []
    untagged = tagged("test.framework.name:!jest")
    assert sum(row["executions_count"] for row in jest + untagged) == sum(
        row["executions_count"] for row in everything
    )


@pytest.mark.parametrize(
    "metric", ["duration_avg", "duration_sum", "duration_min", "duration_max", "reliability"]
)
def test_order(api: Client, metric: str) -> None:
    down = api.walk(TESTS, sort_by=metric, per_page=100)
    up = api.walk(TESTS, sort_by=metric, order="asc", per_page=7)
    values = [row[metric] for row in down if row[metric] is not None]
    assert values == sorted(values, reverse=True)
    assert [row[metric] for row in up if row[metric] is not None] == sorted(values)
    assert ids(up) == ids(down)
    assert len(up) == len(down)
    missing = len(down) - len(values)
    assert all(row[metric] is None for row in (down + up)[len(down) - missing : len(down)])


def test_the_default_order_is_the_slowest_first(api: Client, everything: list[Row]) -> None:
    assert everything == api.walk(TESTS, sort_by="duration_avg", order="desc", per_page=30)
