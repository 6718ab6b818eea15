from typing import Any

import pytest

from buildkite_simulator import Simulator

from .conftest import Client

SUITE = "/analytics/organizations/lumen-freight/suites/unit-tests"
REGISTRY = "/packages/organizations/lumen-freight/registries/container-images"
NOBODY = "0198f0c2-1111-7000-8000-000000000042"
ENDPOINTS = [
    (SUITE.rpartition("/")[0], "read_suites"),
    (SUITE, "read_suites"),
    (f"{SUITE}/runs", "read_suites"),
    (f"{SUITE}/runs/{{run}}", "read_suites"),
    (f"{SUITE}/runs/{{run}}/failed_executions", "read_suites"),
    (f"{SUITE}/tests", "read_suites"),
    (f"{SUITE}/tests/muted", "read_suites"),
    (f"{SUITE}/tests/skipped", "read_suites"),
    (f"{SUITE}/tests/{{test}}", "read_suites"),
    (f"{SUITE}/flaky-tests", "read_suites"),
    ("/analytics/organizations/lumen-freight/builds/{build}/tests", "read_suites"),
    (REGISTRY.rpartition("/")[0], "read_registries"),
    (REGISTRY, "read_registries"),
    (f"{REGISTRY}/tokens", "read_registries"),
    (f"{REGISTRY}/tokens/{{token}}", "read_registries"),
    (f"{REGISTRY}/packages", "read_packages"),
    (f"{REGISTRY}/packages/{{package}}", "read_packages"),
]


@pytest.fixture(scope="module")
def things(tiny: Simulator) -> dict[str, str]:
    """An id of each kind of thing, as the paths name them."""
    truth = tiny.world.truth(include=("test_runs", "tests", "registry_tokens", "packages"))
    suite, registry = SUITE.rpartition("/")[2], REGISTRY.rpartition("/")[2]

    def first(rows: list[dict[str, Any]], parent: str, slug: str) -> dict[str, Any]:
        return next(row for row in rows if row[parent] == slug)

    run = first(truth["test_runs"], "suite_slug", suite)
    return {
        "run": run["id"],
        "build": run["build_id"],
        "test": first(truth["tests"], "suite_slug", suite)["id"],
        "token": first(truth["registry_tokens"], "registry_slug", registry)["id"],
        "package": first(truth["packages"], "registry_slug", registry)["id"],
    }


@pytest.mark.parametrize(("path", "scope"), ENDPOINTS)
def test_each_endpoint_needs_its_scope(
    tiny_api: Client, things: dict[str, str], path: str, scope: str
) -> None:
    url = path.format(**things)
    others = {scope for _, scope in ENDPOINTS} | {"read_builds"}
    poor = tiny_api.simulator.add_token(scopes=others - {scope})
    refused = tiny_api.get(url, token=poor)
    assert refused.status_code == 403
    assert refused.json() == {"message": f"Your access token doesn't have the {scope} scope"}
    rich = tiny_api.simulator.add_token(scopes=[scope])
    assert tiny_api.get(url, token=rich).status_code == 200


def test_finding_a_test_is_a_read(tiny_api: Client, things: dict[str, str]) -> None:
    test = tiny_api.get(f"{SUITE}/tests/{things['test']}").json()
    sent = {"scope": test["scope"], "name": test["name"]}
    reader = tiny_api.simulator.add_token(scopes=["read_suites"])
    writer = tiny_api.simulator.add_token(scopes=["write_suites"])
    url = f"{SUITE}/tests/find"
    assert tiny_api.request("POST", url, reader, json=sent).json() == test
    assert tiny_api.request("POST", url, writer, json=sent).status_code == 403


@pytest.mark.parametrize("path", [path for path, _ in ENDPOINTS])
def test_what_is_absent_or_hidden_is_404(
    tiny_api: Client, things: dict[str, str], path: str
) -> None:
    foreign = tiny_api.simulator.add_token(organizations=["other"])
    hidden = tiny_api.get(path.format(**things), token=foreign)
    assert hidden.status_code == 404
    assert hidden.json() == {"message": "No organization found"}
    for name in things:
        if f"{{{name}}}" in path:
            for wrong in (NOBODY, "nonsense"):
                absent = tiny_api.get(path.format(**{name: wrong}))
                assert (absent.status_code, absent.json()) == (
                    404,
                    {"message": f"No {name} found"},
                )
    for parent, kind in (("unit-tests", "suite"), ("container-images", "registry")):
        if parent in path:
            absent = tiny_api.get(path.replace(parent, "nope").format(**things))
            assert (absent.status_code, absent.json()) == (404, {"message": f"No {kind} found"})


def test_things_are_found_under_their_own_parent_only(
    tiny_api: Client, things: dict[str, str]
) -> None:
    for path in (f"{SUITE}/runs/{things['run']}", f"{SUITE}/tests/{things['test']}"):
        assert tiny_api.get(path.replace("unit-tests", "browser-tests")).status_code == 404
    package = f"{REGISTRY}/packages/{things['package']}"
    assert tiny_api.get(package.replace("container-images", "python-packages")).status_code == 404
