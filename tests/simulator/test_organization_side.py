"""Every list of the organization side and its objects, held against the API reference."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator, WorldConfig

from .conftest import Client
from .organization_side import CASES, SINGLE, Case

ORGANIZATION = "/organizations/lumen-freight"
OPTIONAL = {"emojis": {"aliases"}, "cluster_queues": {"hosted_agents"}}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z\Z")
each_list = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
KEYED = [case for case in CASES if case.key]


def paged(*styles: str) -> list[Case]:
    return [case for case in CASES if case.paging in styles]


@pytest.fixture(scope="module")
def company() -> Iterator[Simulator]:
    """A small company with more than one of everything; its time stands still."""
    with Simulator(WorldConfig.tiny(), clock=ManualClock()) as running:
        world = running.world
        owner = world.organization("lumen-freight")
        world.add_queue(owner, "mac-large", "Apple", os="darwin", agents=2)
        for hour in (3, 4):
            world.add_schedule(owner, "storefront", hour)
        yield running


@pytest.fixture
def api(company: Simulator) -> Iterator[Client]:
    before = vars(company.switches).copy()
    yield Client(company)
    vars(company.switches).update(before)
    company.world.organization("lumen-freight").withheld.clear()


def listed(api: Client, path: str, **params: Any) -> list[dict[str, Any]]:
    rows = api.get(f"{ORGANIZATION}/{path}", per_page=100, **params).json()
    return rows["items"] if isinstance(rows, dict) else rows


def address(api: Client, case: Case) -> str:
    """Return the path of a list under a parent that has rows."""
    parents = {
        None: str,
        "team": lambda: _named(api, "teams", "Everyone"),
        "cluster": lambda: _named(api, "clusters", "Apple"),
        "pipeline": lambda: "storefront",
        "repository_connection": lambda: listed(api, "repository_connections")[0]["id"],
        "build": lambda: _build_with_uploads(api),
    }
    return f"{ORGANIZATION}/{case.path}".replace(f"{{{case.parent}}}", parents[case.parent]())


def _named(api: Client, path: str, name: str) -> str:
    return next(str(row["id"]) for row in listed(api, path) if row["name"] == name)


def _build_with_uploads(api: Client) -> str:
    builds = listed(api, "pipelines/storefront/builds")
    return str(next(row["number"] for row in builds if row["state"] == "passed"))


def rows_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    body = response.json()
    return body["items"] if isinstance(body, dict) else body


@each_list
def test_rows_have_the_fields_of_the_reference(api: Client, case: Case) -> None:
    rows = rows_of(api.get(address(api, case), per_page=100))
    assert rows
    assert set().union(*rows) == set(case.fields.split())
    optional = OPTIONAL.get(case.name, set())
    for row in rows:
        assert set(case.fields.split()) - set(row) <= optional
        for name, value in row.items():
            assert not name.endswith("_at") or value is None or TIME.match(value)


@pytest.mark.parametrize("case", [*CASES, *SINGLE], ids=lambda case: case.name)
def test_each_list_needs_its_scope(api: Client, case: Case) -> None:
    path = address(api, case)
    answer = api.get(path, token=api.simulator.add_token(scopes=[]))
    if case.scope:
        assert answer.status_code == 403
        message = f"Your access token doesn't have the {case.scope} scope"
        assert answer.json() == {"message": message}
    else:
        assert answer.status_code == 200
    rich = api.simulator.add_token(scopes=[case.scope])
    assert api.get(path, token=rich).status_code == 200


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case.name)
def test_what_there_is_one_of(api: Client, case: Case) -> None:
    answer = api.get(address(api, case))
    assert answer.status_code == 200
    assert set(answer.json()) == set(case.fields.split())


@pytest.mark.parametrize("case", KEYED, ids=lambda case: case.name)
def test_each_row_can_be_had_by_itself(api: Client, case: Case) -> None:
    path = address(api, case)
    for row in rows_of(api.get(path, per_page=100))[:3]:
        single = api.get(f"{path}/{row[str(case.key)]}")
        assert single.status_code == 200
        assert row.items() <= single.json().items()
        if "url" in row and case.name != "repository_connections":
            assert api.get(row["url"]).json() == single.json()


@pytest.mark.parametrize("case", KEYED, ids=lambda case: case.name)
def test_what_is_not_there_is_404(api: Client, case: Case) -> None:
    path = address(api, case)
    absent = "0198f0c2-1111-7000-8000-000000000042"
    assert api.get(f"{path}/{absent}").status_code == 404
    if case.parent:
        parent = path.rsplit("/", 2)[1]
        assert api.get(path.replace(parent, absent)).status_code == 404


@pytest.mark.parametrize("case", paged("numbers"), ids=lambda case: case.name)
def test_pages_by_number(api: Client, case: Case) -> None:
    path = address(api, case)
    whole = rows_of(api.get(path, per_page=100))
    assert len(whole) > 1
    size = max(1, len(whole) // 3)
    first = api.get(path, per_page=size)
    assert first.json() == whole[:size]
    assert "next" in first.links
    rest = api.walk(first.links["next"]["url"])
    assert first.json() + rest == api.walk(path, per_page=100)


@pytest.mark.parametrize("case", paged("none"), ids=lambda case: case.name)
def test_lists_without_pages(api: Client, case: Case) -> None:
    path = address(api, case)
    answer = api.get(path, per_page=1, page=2)
    assert "Link" not in answer.headers
    assert len(answer.json()) > 1
    assert answer.json() == api.get(path).json()


@pytest.mark.parametrize("case", paged("unclear"), ids=lambda case: case.name)
def test_lists_of_which_nobody_says_whether_they_are_paged(api: Client, case: Case) -> None:
    path = address(api, case)
    whole = api.walk(path, per_page=1)
    assert len(whole) > 1
    api.simulator.switches.unclear_lists = "whole"
    answer = api.get(path, per_page=1)
    assert answer.json() == whole
    assert "Link" not in answer.headers
    api.simulator.switches.unclear_lists = "page_ignored"
    answer = api.get(path, per_page=1)
    assert answer.json() == whole
    assert api.get(answer.links["next"]["url"]).json() == whole


@pytest.mark.parametrize("case", paged("cursor"), ids=lambda case: case.name)
def test_pages_by_cursor(api: Client, case: Case) -> None:
    path = address(api, case)
    whole = rows_of(api.get(path, per_page=100))
    assert len(whole) > 1
    seen, url = [], f"{api.simulator.base_url}{path}?per_page=1"
    while url and len(seen) <= len(whole) and len(seen) < 9:
        page = api.get(url).json()
        assert page["links"]["self"] == url
        seen += page["items"]
        url = page["links"].get("next")
    assert seen == whole[: len(seen)]
    assert url is None or len(whole) > 9


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("invitations", {"self", "next"}),
        ("notification_services", {"self", "next"}),
        ("audit_events", {"self", "next", "prev", "first"}),
        ("step_uploads", {"self", "next", "prev", "first"}),
    ],
)
def test_links_of_cursor_pages(api: Client, name: str, links: set[str]) -> None:
    path = address(api, next(case for case in CASES if case.name == name))
    second = api.get(api.get(path, per_page=1).json()["links"]["next"])
    assert set(second.json()["links"]) - {"next"} == links - {"next"}
    documented = name in ("invitations", "audit_events")
    assert ("Link" in api.get(path, per_page=1).headers) == documented
    api.simulator.switches.cursor_link_header = True
    assert (
        api.get(path, per_page=1).links["next"]["url"]
        == (api.get(path, per_page=1).json()["links"]["next"])
    )


@pytest.mark.parametrize(
    "query",
    ["per_page=0", "per_page=x", "after=nonsense", "after[]=x", "after=djE6eA==&before=djE6eA=="],
)
@pytest.mark.parametrize("case", paged("cursor"), ids=lambda case: case.name)
def test_bad_cursors_are_refused(api: Client, case: Case, query: str) -> None:
    assert api.get(f"{address(api, case)}?{query}").status_code == 400


@pytest.mark.parametrize("case", paged("cursor"), ids=lambda case: case.name)
def test_too_large_pages(api: Client, case: Case) -> None:
    path = address(api, case)
    documented = case.name in ("invitations", "audit_events")
    assert api.get(path, per_page=101).status_code == (400 if documented else 200)
    api.simulator.switches.per_page_over_maximum = "reject"
    assert api.get(path, per_page=101).status_code == 400


@pytest.mark.parametrize(
    ("feature", "paths"),
    [
        ("audit_events", ["audit_events"]),
        ("api_settings", ["api-settings"]),
        ("pipeline_templates", ["pipeline-templates"]),
        ("teams", ["teams", "teams/x/members", "teams/x/pipelines"]),
    ],
)
def test_a_plan_may_lack_features(api: Client, feature: Any, paths: list[str]) -> None:
    api.simulator.world.withhold("lumen-freight", feature)
    for path in paths:
        answer = api.get(f"{ORGANIZATION}/{path}")
        assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    names = [case.name for case in (*CASES, *SINGLE) if case.path in paths]
    truth = api.simulator.world.truth(include=names)
    assert names
    assert [truth[name] for name in names] == [[] for _ in names]


def test_newest_first_or_oldest_first(api: Client) -> None:
    for path in ("invitations", "audit_events", "pipelines/storefront/schedules", "agents"):
        rows = listed(api, path)
        times = [row.get("occurred_at") or row["created_at"] for row in rows]
        assert times == sorted(times, reverse=True)
    times = [row["created_at"] for row in listed(api, "services")]
    assert times == sorted(times)
    (images,) = [case for case in CASES if case.name == "agent_images"]
    names = [row["name"] for row in api.get(address(api, images)).json()]
    assert names == sorted(names)
