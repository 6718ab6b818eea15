"""Pipelines are made, changed, archived and deleted over HTTP, and show in the lists."""

from typing import Any

import pytest
import requests

from buildkite_simulator import ManualClock

from .conftest import Client

PIPELINES = "/organizations/acme/pipelines"
CONFIGURATION = """\
steps:
  - label: ":test_tube: Test"
    key: test
    command: make test
  - wait
  - block: Release?
  - trigger: deploy
"""
NEW: dict[str, Any] = {
    "name": "Shop Front",
    "repository": "git@github.com:acme/shop.git",
    "configuration": CONFIGURATION,
}


def post(api: Client, **fields: Any) -> requests.Response:
    return api.request("POST", PIPELINES, json={**NEW, **fields})


def test_a_new_pipeline_is_listed_and_builds(api: Client, clock: ManualClock) -> None:
    created = post(api, tags=["team-a"], default_branch="trunk", allow_rebuilds=False)
    assert created.status_code == 201
    listed = api.get(PIPELINES).json()[0]
    assert listed == created.json() == api.get(f"{PIPELINES}/shop-front").json()
    assert {key: listed[key] for key in ("name", "tags", "default_branch", "allow_rebuilds")} == {
        "name": "Shop Front",
        "tags": ["team-a"],
        "default_branch": "trunk",
        "allow_rebuilds": False,
    }
    assert listed["configuration"] == CONFIGURATION
    kinds = [step["type"] for step in listed["steps"]]
    assert kinds == ["script", "waiter", "manual", "trigger"]
    build = {"commit": "HEAD", "branch": "trunk"}
    assert api.request("POST", f"{PIPELINES}/shop-front/builds", json=build).status_code == 201
    clock.advance(hours=1)
    jobs = api.get(f"{PIPELINES}/shop-front/builds/1").json()["jobs"]
    assert (jobs[0]["step_key"], jobs[0]["command"]) == ("test", "make test")
    assert jobs[2]["label"] == "Release?"


def test_what_a_new_pipeline_lacks(api: Client) -> None:
    refused = api.request("POST", PIPELINES, json={})
    assert refused.status_code == 422
    assert refused.json() == {
        "message": "Validation Failed",
        "errors": [
            {"field": name, "code": "missing"} for name in ("name", "repository", "configuration")
        ],
    }
    api.simulator.switches.new_pipelines_need_cluster = True
    (error,) = post(api).json()["errors"]
    assert error == {"field": "cluster_id", "code": "missing"}
    cluster = api.get("/organizations/acme/clusters").json()[0]["id"]
    assert post(api, cluster_id=cluster).status_code == 201
    assert post(api, cluster_id=cluster).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"configuration": "steps: ["}, "configuration"),
        ({"configuration": "just text"}, "configuration"),
        ({"configuration": "", "steps": [1]}, "steps"),
        ({"cluster_id": "nowhere"}, "cluster_id"),
        ({"repository": ["a", "b"]}, "repository"),
    ],
    ids=lambda each: str(each)[:30],
)
def test_what_a_pipeline_may_not_be(api: Client, wrong: dict[str, Any], field: str) -> None:
    refused = post(api, **wrong)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": field, "code": "invalid"}]


def test_steps_instead_of_a_configuration(api: Client) -> None:
    steps = [{"type": "script", "name": "Test", "command": "make"}, {"type": "waiter"}]
    created = post(api, configuration=None, steps=steps)
    assert created.status_code == 201
    assert [step["type"] for step in created.json()["steps"]] == ["script", "waiter"]


def test_a_pipeline_is_changed_in_what_is_sent(api: Client) -> None:
    before = api.get(f"{PIPELINES}/web").json()
    sent = {"description": "The shop", "branch_configuration": "main", "unheard_of": 1}
    changed = api.request("PATCH", f"{PIPELINES}/web", json=sent)
    assert changed.status_code == 200
    after = api.get(f"{PIPELINES}/web").json()
    assert changed.json() == after
    assert {key for key in after if after[key] != before[key]} == {
        "description",
        "branch_configuration",
    }
    api.request("PATCH", f"{PIPELINES}/web", json={"env": {"A": "b"}})
    assert api.get(f"{PIPELINES}/web").json()["branch_configuration"] == "main"
    moved = api.request("PATCH", f"{PIPELINES}/web", json={"slug": "shop"})
    assert moved.json()["id"] == before["id"]
    assert api.get(f"{PIPELINES}/web").status_code == 404
    taken = api.request("PATCH", f"{PIPELINES}/shop", json={"slug": "deploy"})
    assert taken.status_code == 422


def test_archived_and_back(api: Client) -> None:
    archived = api.request("POST", f"{PIPELINES}/web/archive")
    assert archived.status_code == 200
    assert archived.json()["archived_at"]
    assert api.get(f"{PIPELINES}/web").json() == archived.json()
    assert api.request("POST", f"{PIPELINES}/web/archive").status_code == 422
    api.simulator.switches.archiving_again = "accepted"
    assert api.request("POST", f"{PIPELINES}/web/archive").status_code == 200
    back = api.request("POST", f"{PIPELINES}/web/unarchive")
    assert (back.status_code, back.json()["archived_at"]) == (200, None)
    api.simulator.switches.user_may_archive = False
    refused = api.request("POST", f"{PIPELINES}/web/archive")
    assert (refused.status_code, refused.json()) == (403, {"message": "Forbidden"})


def test_deleted(api: Client) -> None:
    assert api.request("DELETE", f"{PIPELINES}/web").status_code == 204
    assert [row["slug"] for row in api.get(PIPELINES).json()] == ["deploy"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PIPELINES),
        ("PATCH", f"{PIPELINES}/web"),
        ("DELETE", f"{PIPELINES}/web"),
        ("POST", f"{PIPELINES}/web/archive"),
        ("POST", f"{PIPELINES}/web/unarchive"),
    ],
)
def test_only_with_the_scope(api: Client, method: str, path: str) -> None:
    before = api.get(PIPELINES).json()
    reader = api.simulator.add_token(scopes=("read_pipelines", "write_builds"))
    refused = api.request(method, path, reader, json=NEW)
    assert refused.status_code == 403
    assert "write_pipelines" in refused.json()["message"]
    assert api.get(PIPELINES).json() == before
