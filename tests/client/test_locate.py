"""Asking the API where something is, without going there."""

import pytest

from buildkite_source.client import (
    BuildkiteSession,
    ForeignHostError,
    UnexpectedBodyError,
    UnreachableError,
)

from .conftest import TOKEN
from .server import Reply, ScriptedServer

PATH = "/v2/organizations/acme/pipelines/web/builds/17/jobs/j/artifacts/a/download"


def test_a_redirect_to_another_host_is_told_and_not_followed(
    server: ScriptedServer, foreign: ScriptedServer, session: BuildkiteSession
) -> None:
    target = f"{foreign.origin}/signed?X-Signature=1"
    server.replies(Reply(status=302, body=b'{"url": "x"}', headers={"Location": target}))
    response = session.locate(server.origin + PATH)
    assert (response.status_code, response.headers["Location"]) == (302, target)
    assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert len(server.asked) == 1
    assert foreign.asked == []


def test_refusals_are_returned_and_failures_retried_within_the_budget(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(status=503), Reply(status=404, body=b'{"message": "No artifact found"}'))
    assert session.locate(server.origin + PATH).status_code == 404
    assert session.budget.stats.requests == 2
    server.replies(Reply(status=503))
    with pytest.raises(UnreachableError):
        session.locate(server.origin + PATH)


def test_the_token_stays_with_the_api(
    server: ScriptedServer, foreign: ScriptedServer, session: BuildkiteSession
) -> None:
    with pytest.raises(ForeignHostError):
        session.locate(foreign.origin + PATH)
    assert foreign.asked == []


def test_a_redirect_to_no_address_is_an_error_for_people(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(status=302, headers={"Location": "http://[broken"}))
    with pytest.raises(UnexpectedBodyError, match="no address"):
        session.locate(server.origin + PATH)
