from datetime import datetime
from typing import Any

import pytest

from buildkite_simulator import ManualClock, Simulator
from buildkite_simulator.render.truth import Truth

from .conftest import Client

REGISTRIES = "/packages/organizations/lumen-freight/registries"
REGISTRY_FIELDS = {
    *("id", "graphql_id", "slug", "url", "web_url", "name", "ecosystem", "description", "emoji"),
    *("color", "public", "oidc_policy", "team_ids"),
}
LISTED = {"id", "url", "web_url", "name", "created_at", "version", "digests"}


@pytest.fixture(scope="module")
def truth(tiny: Simulator) -> Truth:
    return tiny.world.truth()


def walk(api: Client, url: str, **params: Any) -> list[dict[str, Any]]:
    """Return the items of all cursor pages, and check that the way back is the same."""
    items: list[dict[str, Any]] = []
    page = api.get(url, **params).json()
    while True:
        items += page["items"]
        if "next" not in page["links"]:
            return items
        behind, page = page, api.get(page["links"]["next"]).json()
        assert api.get(page["links"]["prev"]).json()["items"] == behind["items"]


def test_registries(tiny_api: Client) -> None:
    rows = tiny_api.walk(REGISTRIES, per_page=2)
    assert len({row["id"] for row in rows}) == len(rows) == 3
    for row in rows:
        assert set(row) == REGISTRY_FIELDS
        assert tiny_api.get(row["url"]).json() == row
        assert row["url"].endswith(f"{REGISTRIES}/{row['slug']}")


def test_tokens(tiny_api: Client) -> None:
    for registry in tiny_api.get(REGISTRIES).json():
        tokens = tiny_api.walk(f"{registry['url']}/tokens", per_page=1)
        assert len(tokens) == 2
        for token in tokens:
            assert set(token) == {
                *("id", "graphql_id", "description", "url", "created_at", "created_by"),
                *("organization", "registry"),
            }
            assert token["registry"]["id"] == registry["id"]
            assert token["organization"]["slug"] == "lumen-freight"
            assert tiny_api.get(token["url"]).json() == token


def test_packages_come_from_jobs_that_passed(tiny_api: Client, truth: Truth) -> None:
    published = {
        "container-images": {"image"},
        "python-packages": {"publish", "package"},
        "apps-und-dateien": {"build", "ios", "android"},
    }
    total = 0
    for slug, keys in published.items():
        rows = walk(tiny_api, f"{REGISTRIES}/{slug}/packages", per_page=4)
        finished = [
            datetime.fromisoformat(job["finished_at"]).replace(microsecond=0)
            for job in truth["jobs"]
            if job.get("step_key") in keys and job.get("state") == "passed"
        ]
        created = [datetime.fromisoformat(row["created_at"]) for row in rows]
        assert created == sorted(finished, reverse=True)
        for row in rows:
            assert set(row) == LISTED
            assert len(row["created_at"]) == len("2026-08-01T04:00:00Z")
            assert {name: len(value) for name, value in row["digests"].items()} == {
                "sha256": 64,
                "sha512": 128,
            }
        assert len({(row["name"], row["version"]) for row in rows}) == len(rows)
        total += len(rows)
    assert total > 20


def test_a_package_by_itself(tiny_api: Client) -> None:
    row = tiny_api.get(f"{REGISTRIES}/container-images/packages").json()["items"][0]
    package = tiny_api.get(row["url"]).json()
    assert set(package) == (LISTED - {"created_at"}) | {
        *("variant", "metadata", "organization", "registry")
    }
    shared = LISTED - {"created_at"}
    assert {key: package[key] for key in shared} == {key: row[key] for key in shared}
    assert package["registry"]["slug"] == "container-images"
    assert package["organization"]["url"].endswith("/organizations/lumen-freight")


def test_packages_by_name(tiny_api: Client) -> None:
    url = f"{REGISTRIES}/container-images/packages"
    everything = walk(tiny_api, url, per_page=100)
    name = everything[0]["name"]
    wanted = [row for row in everything if row["name"] == name]
    assert 0 < len(wanted) < len(everything)
    assert walk(tiny_api, url, name=name, per_page=3) == wanted
    first = tiny_api.get(url, name=name, per_page=3).json()
    assert f"name={name}" in first["links"]["next"]
    assert first["links"]["self"].endswith(f"?name={name}&per_page=3")
    assert tiny_api.get(url, name="nothing").json()["items"] == []


@pytest.mark.parametrize("query", ["per_page=0", "after=nonsense", "before=x"])
def test_bad_cursors_are_refused(tiny_api: Client, query: str) -> None:
    response = tiny_api.get(f"{REGISTRIES}/container-images/packages?{query}")
    assert response.status_code == 400


def test_pages_over_the_maximum_by_switch(tiny: Simulator, tiny_api: Client) -> None:
    url = f"{REGISTRIES}/container-images/packages"
    largest = tiny_api.get(url, per_page=100).json()["items"]
    assert tiny_api.get(url, per_page=101).json()["items"] == largest
    tiny.switches.per_page_over_maximum = "reject"
    response = tiny_api.get(url, per_page=101)
    tiny.switches.per_page_over_maximum = "clamp"
    assert response.status_code == 400


def test_a_link_header_by_switch(tiny: Simulator, tiny_api: Client) -> None:
    url = f"{REGISTRIES}/container-images/packages"
    assert "Link" not in tiny_api.get(url, per_page=2).headers
    tiny.switches.cursor_link_header = True
    response = tiny_api.get(url, per_page=2)
    tiny.switches.cursor_link_header = False
    assert response.links["next"]["url"] == response.json()["links"]["next"]


@pytest.mark.parametrize(
    "path",
    [
        REGISTRIES,
        f"{REGISTRIES}/container-images/tokens",
        "/analytics/organizations/lumen-freight/suites/unit-tests/tests/muted",
        "/analytics/organizations/lumen-freight/suites/unit-tests/tests/skipped",
    ],
)
def test_lists_of_which_nobody_says_whether_they_are_paged(
    tiny: Simulator, tiny_api: Client, path: str
) -> None:
    everything = tiny_api.get(path, per_page=100).json()
    assert len(everything) > 1
    assert tiny_api.get(path, per_page=1, page=2).json() == everything[1:2]
    tiny.switches.unclear_lists = "whole"
    whole = tiny_api.get(path, per_page=1, page=2)
    tiny.switches.unclear_lists = "page_ignored"
    ignored = tiny_api.get(path, per_page=1)
    tiny.switches.unclear_lists = "paged"
    assert whole.json() == ignored.json() == everything
    assert "Link" not in whole.headers
    assert "page=2" in ignored.links["next"]["url"]


def test_a_package_appears_when_its_job_has_passed(api: Client, clock: ManualClock) -> None:
    path = "/packages/organizations/acme/registries/python-packages/packages"
    build = api.simulator.world.create_build("acme", "web", outcomes={"package": "passed"})
    assert api.get(path).json() == {
        "items": [],
        "links": {"self": f"{api.simulator.base_url}{path}"},
    }
    clock.advance(hours=1)
    (row,) = api.get(path).json()["items"]
    assert (row["name"], row["version"]) == ("web", f"0.{build.number}.0")
    api.simulator.world.rename_pipeline("acme", "web", "site")
    assert api.get(path).json()["items"] == [row]
