import gzip

import pytest
import requests

from buildkite_simulator import ManualClock, RateLimits, Simulator, WorldConfig

from .conftest import Client

UNAUTHENTICATED = (
    "Authentication required. Please supply a valid API Access Token: "
    "https://buildkite.com/docs/apis/rest-api#authentication"
)


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic dXNlcjpwdw==", "Bearer "], ids=str)
def test_without_a_valid_token(simulator: Simulator, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    response = requests.get(simulator.base_url + "/organizations", headers=headers, timeout=5)
    assert response.status_code == 401
    assert response.json() == {"message": UNAUTHENTICATED}


def test_expired_token(api: Client) -> None:
    token = api.simulator.add_token(expired=True)
    assert api.get("/organizations", token=token).status_code == 401


def test_meta_and_root_need_no_token(simulator: Simulator, clock: ManualClock) -> None:
    assert requests.get(simulator.base_url + "/meta", timeout=5).json()["webhook_ips"]
    root = requests.get(simulator.base_url.removesuffix("/v2"), timeout=5).json()
    assert root["timestamp"] == int(clock.now().timestamp())


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/organizations", "read_organizations"),
        ("/organizations/acme/pipelines", "read_pipelines"),
        ("/organizations/acme/builds", "read_builds"),
        ("/user", "read_user"),
        ("/organizations/acme/rate_limit", "read_accounts"),
    ],
)
def test_each_endpoint_needs_its_scope(api: Client, path: str, scope: str) -> None:
    poor = api.simulator.add_token(scopes=[])
    response = api.get(path, token=poor)
    assert response.status_code == 403
    assert response.json() == {"message": f"Your access token doesn't have the {scope} scope"}
    rich = api.simulator.add_token(scopes=[scope])
    assert api.get(path, token=rich).status_code == 200


def test_access_token_tells_its_scopes_without_any(api: Client) -> None:
    token = api.simulator.add_token(scopes=["read_builds"])
    told = api.get("/access-token", token=token).json()
    assert told["scopes"] == ["read_builds"]
    assert set(told) == {"uuid", "scopes", "description", "created_at", "expires_at", "user"}


def test_a_token_sees_only_its_organizations(api: Client) -> None:
    world = api.simulator.world
    world.add_organization("other")
    world.add_pipeline("other", "web")
    world.create_build("other", "web")
    world.create_build("acme", "web")
    token = api.simulator.add_token(organizations=["other"])
    assert [row["slug"] for row in api.get("/organizations", token=token).json()] == ["other"]
    assert len(api.get("/builds", token=token).json()) == 1
    assert len(api.get("/builds").json()) == 2
    assert api.get("/organizations/acme/builds", token=token).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/organizations/nope",
        "/organizations/nope/builds",
        "/organizations/acme/pipelines/nope",
        "/organizations/acme/pipelines/nope/builds",
        "/organizations/acme/pipelines/web/builds/99",
        "/organizations/acme/pipelines/web/builds/latest",
        "/organizations/acme/nonsense",
    ],
)
def test_absent_things_are_404(api: Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 404
    assert "message" in response.json()


def test_absent_job_says_so(api: Client) -> None:
    response = api.get("/organizations/acme/jobs/0198f0c2-1111-7000-8000-000000000042")
    assert (response.status_code, response.json()) == (404, {"message": "No job found"})


def limited(clock: ManualClock, user: int, organization: int) -> Simulator:
    limits = RateLimits(user=user, organization=organization)
    return Simulator(WorldConfig.empty(), clock=clock, rate_limit=limits)


def test_user_limit(clock: ManualClock) -> None:
    clock.advance(seconds=43)
    with limited(clock, 3, 100) as simulator:
        api = Client(simulator)
        first = api.get("/organizations")
        assert first.headers["RateLimit-Scope"] == "rest"
        assert first.headers["RateLimit-Limit"] == "100"
        assert first.headers["RateLimit-Remaining"] == "99"
        assert first.headers["RateLimit-User-Scope"] == "rest_user"
        assert first.headers["RateLimit-User-Limit"] == "3"
        assert first.headers["RateLimit-User-Remaining"] == "2"
        assert first.headers["RateLimit-User-Reset"] == "17"
        assert "RateLimit-User-Warning" not in first.headers
        api.get("/organizations")
        api.get("/organizations", token=simulator.add_token())
        refused = api.get("/organizations")
        assert refused.status_code == 429
        assert refused.json() == {
            "message": "You have exceeded your API rate limit. "
            "Please wait 17 seconds before making more requests.",
            "scope": "rest_user",
            "limit": 3,
            "current": 4,
            "reset": 17,
        }
        assert refused.headers["RateLimit-User-Warning"] == "You have exceeded your API rate limit."
        assert "RateLimit-Warning" not in refused.headers
        assert "Retry-After" not in refused.headers
        assert api.get("/organizations", simulator.add_token(user="other")).status_code == 200
        clock.advance(seconds=17)
        assert api.get("/organizations").status_code == 200


def test_organization_limit(clock: ManualClock) -> None:
    with limited(clock, 100, 2) as simulator:
        api = Client(simulator)
        for _ in range(2):
            assert api.get("/organizations/acme/builds").status_code == 200
        refused = api.get("/organizations/acme/builds")
        assert refused.status_code == 429
        assert refused.json()["scope"] == "rest"
        assert "RateLimit-Warning" in refused.headers


@pytest.mark.parametrize(("counts", "current"), [(True, 4), (False, 2)])
def test_whether_refused_requests_count(clock: ManualClock, counts: bool, current: int) -> None:
    with limited(clock, 2, 100) as simulator:
        simulator.switches.rejected_requests_count = counts
        api = Client(simulator)
        answers = [api.get("/organizations") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert answers[-1].json()["current"] == current


def test_rate_limit_endpoint(clock: ManualClock) -> None:
    with limited(clock, 50, 200) as simulator:
        api = Client(simulator)
        api.get("/organizations/acme")
        scopes = api.get("/organizations/acme/rate_limit").json()["scopes"]
        assert set(scopes) == {"rest", "graphql"}
        assert scopes["rest"]["current"] == 2
        assert set(scopes["rest"]) == {"limit", "current", "reset", "reset_at", "enforced"}


def test_date_header_is_the_worlds_time(api: Client, clock: ManualClock) -> None:
    clock.advance(days=1, seconds=1)
    dates = api.get("/organizations").raw.headers.getlist("Date")
    assert dates == ["Thu, 06 Aug 2026 14:00:01 GMT"]


def test_answers_are_compressed_on_request(tiny_api: Client) -> None:
    path = "/organizations/lumen-freight/builds"
    plain = tiny_api.request("GET", path, stream=True)
    packed = plain.raw.read(decode_content=False)
    assert plain.headers["Content-Encoding"] == "gzip"
    whole = requests.get(
        tiny_api.simulator.base_url + path,
        headers={"Accept-Encoding": "identity", **plain.request.headers} | {"Accept-Encoding": ""},
        timeout=5,
    )
    assert "Content-Encoding" not in whole.headers
    assert gzip.decompress(packed) == whole.content


def test_requests_are_recorded(api: Client) -> None:
    api.get("/organizations/acme/builds", page=2)
    (seen,) = api.simulator.requests
    assert (seen.method, seen.path, seen.status) == ("GET", "/v2/organizations/acme/builds", 200)
    assert seen.query == [("page", "2")]
    assert seen.headers["authorization"].startswith("Bearer bkua_")
    api.simulator.reset_requests()
    assert api.simulator.requests == []


def test_request_ids_by_switch(api: Client) -> None:
    assert "X-Request-Id" not in api.get("/organizations").headers
    api.simulator.switches.request_id_header = True
    assert api.get("/organizations").headers["X-Request-Id"]
