import base64
from typing import Any

import pytest
import requests

from buildkite_simulator import ManualClock, Simulator, Step
from buildkite_simulator.world.model import Build

from .conftest import Client

ANNOTATIONS = """
query ($first: Int!) {
  b0: build(uuid: "%s") { ...ann }
  b1: build(slug: "acme/lib/2") { ...ann }
  b2: build(uuid: "0198f0c2-1111-7000-8000-000000000042") { ...ann }
}
fragment ann on Build {
  uuid
  annotations(first: $first, scope: [BUILD, JOB], order: RECENTLY_CREATED) {
    count
    pageInfo { hasNextPage endCursor }
    edges { node {
      uuid context style scope priority createdAt updatedAt body { html text }
    } }
  }
}
"""
STEPS = (
    Step(key="test", label="Test", minutes=2, retries=1, artifact_paths="report.html"),
    Step("waiter"),
    Step("manual", key="go", label="Go?"),
    Step("trigger", key="deploy", label="Deploy", trigger="deploy"),
)


def ask(
    simulator: Simulator, query: str, token: str | None = None, **more: Any
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token or simulator.token}", **more.pop("headers", {})}
    sent = {"query": query, **more}
    return requests.post(simulator.graphql_url, json=sent, headers=headers, timeout=10)


def data(simulator: Simulator, query: str, **more: Any) -> dict[str, Any]:
    response = ask(simulator, query, **more)
    assert response.status_code == 200
    told = response.json()
    assert "errors" not in told, told
    answer: dict[str, Any] = told["data"]
    return answer


@pytest.fixture
def builds(simulator: Simulator, clock: ManualClock) -> list[Build]:
    world = simulator.world
    world.add_pipeline("acme", "lib", STEPS)
    made = [
        world.create_build("acme", "lib", outcomes={"test": ["failed", "passed"]}) for _ in range(2)
    ]
    clock.advance(hours=1)
    world.annotate(made[0], "<p>one</p>", context="a", style="info", priority=9)
    world.annotate(next(made[0].attempts()), "two", context="b")
    return made


def test_annotations_of_many_builds_in_one_request(
    simulator: Simulator, builds: list[Build]
) -> None:
    told = data(simulator, ANNOTATIONS % builds[0].id, variables={"first": 50})
    assert told["b2"] is None
    assert [told[name]["uuid"] for name in ("b0", "b1")] == [build.id for build in builds]
    api = Client(simulator)
    for name, build in zip(("b0", "b1"), builds, strict=True):
        path = f"/organizations/acme/pipelines/lib/builds/{build.number}/annotations"
        rest = {row["id"]: row for row in api.walk(path, scope="all")}
        found = told[name]["annotations"]
        nodes = [edge["node"] for edge in found["edges"]]
        assert {node["uuid"] for node in nodes} == set(rest)
        assert found["count"] == len(rest) >= 1
        assert found["pageInfo"]["hasNextPage"] is False
        for node in nodes:
            row = rest[node["uuid"]]
            assert node["style"] == (row["style"] or "default").upper()
            assert node["scope"].lower() == row["scope"]
            assert node["body"]["html"] == row["body_html"]
            assert (node["createdAt"], node["updatedAt"]) == (
                row["created_at"],
                row["updated_at"],
            )
            assert (node["context"], node["priority"]) == (row["context"], row["priority"])


def test_scope_style_order_and_cursors(simulator: Simulator, builds: list[Build]) -> None:
    def contexts(arguments: str) -> list[str]:
        query = '{ build(uuid: "%s") { annotations%s { edges { node { context } } } } }'
        told = data(simulator, query % (builds[0].id, arguments))
        return [edge["node"]["context"] for edge in told["build"]["annotations"]["edges"]]

    assert set(contexts("")) == {"a", "test-failures"}
    assert contexts("(scope: JOB)") == ["b"]
    assert contexts("(style: [DEFAULT], scope: [JOB, BUILD])") == ["b"]
    assert contexts("(order: PRIORITY_RECENTLY_CREATED)")[0] == "a"
    query = """{ build(uuid: "%s") { annotations(first: 1%s) {
        count pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { cursor node { context } } } } }"""
    first = data(simulator, query % (builds[0].id, ""))["build"]["annotations"]
    assert first["count"] == 2
    assert first["pageInfo"]["hasNextPage"]
    after = f', after: "{first["pageInfo"]["endCursor"]}"'
    second = data(simulator, query % (builds[0].id, after))["build"]["annotations"]
    assert second["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "endCursor": second["edges"][0]["cursor"],
    }
    assert first["edges"][0]["node"] != second["edges"][0]["node"]
    wrong = ask(simulator, query % (builds[0].id, ', after: "nonsense"')).json()
    assert "nonsense" in wrong["errors"][0]["message"]


def test_jobs_and_artifacts(simulator: Simulator, builds: list[Build]) -> None:
    query = """query ($id: ID!) { node(id: $id) { ... on Build { number state jobs(first: 50) {
        edges { node { __typename
          ... on JobTypeCommand { uuid state passed retried exitStatus
            artifacts(first: 10) { edges { node {
              uuid path mimeType size sha1sum sha256sum state expiresAt downloadURL
              job { uuid } } } } }
          ... on JobTypeWait { uuid } ... on JobTypeBlock { label isUnblockable }
        } } } } } }"""
    identity = base64.b64encode(f"Build---{builds[0].id}".encode()).decode()
    node = data(simulator, query, variables={"id": identity})["node"]
    assert (node["number"], node["state"]) == (1, "BLOCKED")
    jobs = [edge["node"] for edge in node["jobs"]["edges"]]
    kinds = [job["__typename"] for job in jobs]
    assert sorted(kinds) == [
        *("JobTypeBlock", "JobTypeCommand", "JobTypeCommand", "JobTypeTrigger", "JobTypeWait")
    ]
    commands = {job["uuid"]: job for job in jobs if job["__typename"] == "JobTypeCommand"}
    assert {(job["retried"], job["passed"]) for job in commands.values()} == {
        (True, False),
        (False, True),
    }
    assert {job["state"] for job in commands.values()} == {"FINISHED"}
    path = "/organizations/acme/pipelines/lib/builds/1/artifacts"
    rest = {row["id"]: row for row in Client(simulator).walk(path)}
    found = [edge["node"] for job in commands.values() for edge in job["artifacts"]["edges"]]
    assert {each["uuid"] for each in found} == set(rest)
    for each in found:
        row = rest[each["uuid"]]
        assert (each["path"], each["size"], each["sha1sum"], each["state"]) == (
            *(row["path"], row["file_size"], row["sha1sum"], row["state"]),
        )
        assert each["job"]["uuid"] == row["job_id"]
        if row["state"] == "finished":
            assert len(requests.get(each["downloadURL"], timeout=5).content) == row["file_size"]
    one = data(simulator, f'{{ artifact(uuid: "{found[0]["uuid"]}") {{ path }} }}')
    assert one["artifact"] == {"path": found[0]["path"]}
    simulator.switches.graphql_retried_jobs = False
    fewer = data(simulator, query, variables={"id": identity})["node"]["jobs"]["edges"]
    assert len(fewer) == len(jobs) - 1


def test_builds_of_a_pipeline(simulator: Simulator, builds: list[Build]) -> None:
    query = '{ pipeline(slug: "acme/lib") { builds(%s) { count edges { node { number } } } } }'

    def numbers(arguments: str) -> list[int]:
        edges = data(simulator, query % arguments)["pipeline"]["builds"]["edges"]
        return [edge["node"]["number"] for edge in edges]

    assert numbers("first: 10") == [2, 1]
    assert numbers("last: 1") == [1]
    assert numbers("state: [RUNNING]") == []
    assert numbers('branch: "%default", state: BLOCKED') == [2, 1]
    assert numbers('createdAtFrom: "2030-01-01T00:00:00Z"') == []
    names = data(
        simulator,
        '{ organization(slug: "acme") { pipelines(order: NAME) { edges { node { slug } } } } }',
    )
    slugs = [edge["node"]["slug"] for edge in names["organization"]["pipelines"]["edges"]]
    assert slugs == ["deploy", "lib", "web"]


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Authorization": "Bearer wrong"}, 401)]
)
def test_without_a_valid_token(simulator: Simulator, headers: dict[str, str], status: int) -> None:
    sent = {"query": "{ __typename }"}
    response = requests.post(simulator.graphql_url, json=sent, headers=headers, timeout=5)
    assert response.status_code == status
    assert response.json() == {"errors": [{"message": "Please supply a valid API Access Token"}]}


def test_tokens_need_graphql_access_and_see_their_organizations(
    simulator: Simulator, builds: list[Build]
) -> None:
    query = f'{{ build(uuid: "{builds[0].id}") {{ number }} }}'
    refused = ask(simulator, query, token=simulator.add_token(scopes=["read_builds"]))
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["message"]
    simulator.world.add_organization("other")
    stranger = simulator.add_token(scopes=["graphql"], organizations=["other"])
    assert data(simulator, query, token=stranger) == {"build": None}
    assert data(simulator, query, token=simulator.add_token(scopes=["graphql"]))["build"]


@pytest.mark.parametrize(
    "query",
    ["{ build(", "{ nonsense }", "query ($a: Int!) { __typename }", "mutation { x }"],
)
def test_wrong_queries_are_told_with_status_200(simulator: Simulator, query: str) -> None:
    response = ask(simulator, query)
    assert response.status_code == 200
    assert response.json()["errors"][0]["message"]


def test_the_host_has_one_path_and_records_its_requests(simulator: Simulator) -> None:
    assert requests.get(simulator.graphql_url, timeout=5).status_code == 404
    assert not simulator.graphql_url.startswith(simulator.base_url.removesuffix("/v2"))
    data(simulator, "{ __typename }")
    assert b"__typename" in simulator.graphql_requests[-1].body
    assert simulator.requests == []


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b"{}", b'{"query": 1}', b'{"query": "{ __typename }", "variables": "x"}']
)
def test_requests_that_hold_no_query(simulator: Simulator, sent: bytes) -> None:
    headers = {"Authorization": f"Bearer {simulator.token}"}
    response = requests.post(simulator.graphql_url, data=sent, headers=headers, timeout=5)
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"]


def test_introspection(simulator: Simulator) -> None:
    told = data(simulator, "{ __schema { queryType { name } } }")
    assert told == {"__schema": {"queryType": {"name": "Query"}}}
