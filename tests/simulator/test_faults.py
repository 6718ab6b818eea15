import time

import pytest
import requests

from buildkite_simulator import Simulator

from .conftest import Client

PATH = "/organizations/acme/pipelines"


def test_status_with_any_body_so_many_times(api: Client) -> None:
    html = b"<html>Bad gateway</html>"
    api.simulator.faults.add(
        match="/pipelines", kind="status", status=502, times=2, body=html, content_type="text/html"
    )
    assert api.get("/organizations").status_code == 200
    answers = [api.get(PATH) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert answers[0].content == html


def test_faults_can_start_later(api: Client) -> None:
    api.simulator.faults.add(kind="status", status=500, skip=1)
    assert [api.get(PATH).status_code for _ in range(3)] == [200, 500, 200]


def test_reset(api: Client) -> None:
    api.simulator.faults.add(kind="reset")
    with pytest.raises(requests.ConnectionError):
        api.get(PATH)
    assert api.get(PATH).status_code == 200


@pytest.mark.parametrize("gzip", [True, False])
def test_truncated_json(api: Client, gzip: bool) -> None:
    api.simulator.switches.gzip = gzip
    api.simulator.faults.add(kind="truncate")
    with pytest.raises(requests.JSONDecodeError):
        api.get(PATH).json()


def test_connection_breaks_off_in_the_body(api: Client) -> None:
    api.simulator.faults.add(kind="truncate", claim_full_length=True)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        api.get(PATH)


def test_slow(api: Client) -> None:
    api.simulator.faults.add(kind="slow", delay=0.15)
    began = time.monotonic()
    assert api.get(PATH).status_code == 200
    assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize("scope", ["rest", "rest_user"])
def test_rate_limit_storm(api: Client, scope: str) -> None:
    api.simulator.faults.add(kind="rate_limit", times=2, scope=scope, reset=7)
    refused = api.get(PATH)
    assert refused.status_code == 429
    assert (refused.json()["scope"], refused.json()["reset"]) == (scope, 7)
    assert [api.get(PATH).status_code for _ in range(2)] == [429, 200]


def test_redirect(api: Client) -> None:
    api.simulator.faults.add(kind="redirect", location="http://evil.example/v2")
    answer = api.request("GET", PATH, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://evil.example/v2")


def test_foreign_link(api: Client) -> None:
    api.simulator.faults.add(kind="foreign_link", location="http://evil.example")
    link = api.get(PATH, per_page=1).links["next"]["url"]
    assert link.startswith("http://evil.example/v2/organizations/acme/pipelines?")


def test_arbitrary_body(api: Client) -> None:
    api.simulator.faults.add(kind="body", body=b"{}")
    assert api.get(PATH).json() == {}


def test_revoked_from_then_on(api: Client) -> None:
    api.simulator.faults.add(kind="revoke", skip=1)
    assert [api.get(PATH).status_code for _ in range(3)] == [200, 401, 401]


def test_clear(simulator: Simulator, api: Client) -> None:
    simulator.faults.add(kind="status", times=None)
    assert api.get(PATH).status_code == 500
    simulator.faults.clear()
    assert api.get(PATH).status_code == 200
