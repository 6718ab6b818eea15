from typing import Any

import pytest
import requests

from buildkite_source.client import (
    ApiError,
    AuthenticationError,
    BuildkiteError,
    BuildkiteSession,
    ForbiddenError,
    MissingTokenError,
    NeedsScope,
    NotFoundError,
    RateLimitedError,
    TooDeepError,
    UnknownSlugError,
    raise_for_error,
)

from .server import Reply, ScriptedServer

PATH = "/organizations/acme/builds"
TOO_DEEP = (
    "Listing builds this deep is not supported. Please narrow your query using filters such as "
    "branch or created_from."
)
UNAUTHENTICATED = (
    "Authentication required. Please supply a valid API Access Token: "
    "https://buildkite.com/docs/apis/rest-api#authentication"
)


def refused(session: BuildkiteSession, url: str) -> ApiError:
    """Return the error of a request to an endpoint that needs `read_builds`."""
    with pytest.raises(ApiError) as caught:
        session.get(url, hooks={"response": [NeedsScope("read_builds")]})
    return caught.value


@pytest.mark.parametrize(
    ("status", "message", "kind", "advice"),
    [
        pytest.param(401, UNAUTHENTICATED, AuthenticationError, "expired or revoked", id="401"),
        pytest.param(403, "Forbidden", ForbiddenError, "the scope read_builds", id="403"),
        pytest.param(404, "No job found", NotFoundError, "may not see it", id="404"),
        pytest.param(400, TOO_DEEP, TooDeepError, "created_from", id="400 too deep"),
        pytest.param(400, "Invalid cursor", ApiError, "Invalid cursor", id="400"),
        pytest.param(410, "Gone", ApiError, "Gone", id="410"),
        pytest.param(422, "Validation Failed", ApiError, "Validation Failed", id="422"),
        pytest.param(429, "Exceeded", RateLimitedError, "another client", id="429"),
    ],
)
def test_a_refusal_says_what_who_and_what_to_do(
    server: ScriptedServer,
    session: BuildkiteSession,
    status: int,
    message: str,
    kind: type[ApiError],
    advice: str,
) -> None:
    body = f'{{"message": "{message}", "scope": "rest_user", "reset": 1}}'.encode()
    server.replies(Reply(status=status, body=body, headers={"X-Request-Id": "req-17"}))
    error = refused(session, f"{server.url}{PATH}?page=2&branch=hidden")
    assert type(error) is kind
    assert isinstance(error, BuildkiteError)
    assert error.status == status
    assert error.api_message == message
    text = str(error)
    assert text.startswith(f"GET /v2{PATH} (request id req-17) answered {status}: {message}")
    assert advice in text
    assert "hidden" not in text


def test_a_403_names_no_scope_where_none_is_known(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(status=403, body=b'{"message": "Forbidden"}'))
    with pytest.raises(ForbiddenError) as caught:
        raise_for_error(session.get(server.url))
    assert "scope None" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            b"<html>\n <h1>403\tForbidden</h1>\n</html>",
            "<html> <h1>403 Forbidden</h1> </html>",
            id="HTML",
        ),
        pytest.param(b"", "(no body)", id="nothing"),
        pytest.param(b" \n ", "(no body)", id="space"),
        pytest.param(b'{"error": "no"}', '{"error": "no"}', id="no message"),
        pytest.param(b'["no"]', '["no"]', id="list"),
        pytest.param(b'"no"', '"no"', id="text"),
        pytest.param(b'{"message": 17}', "17", id="number"),
        pytest.param(b'{"message": "\xff\xfe"}', None, id="broken UTF-8"),
        pytest.param(b"x" * 5000, "x" * 200, id="long"),
        pytest.param(b"[" * 100_000, None, id="nested without end"),
    ],
)
def test_a_refusal_without_the_documented_body_keeps_its_start(
    server: ScriptedServer, session: BuildkiteSession, body: bytes, message: str | None
) -> None:
    server.replies(Reply(status=403, body=body, headers={"Content-Type": "text/html"}))
    error = refused(session, server.url)
    assert error.status == 403
    assert len(error.api_message) <= 200
    if message is not None:
        assert error.api_message == message


@pytest.mark.parametrize("status", [200, 204, 304, 399])
def test_what_is_no_refusal_passes(status: int) -> None:
    response = requests.Response()
    response.status_code = status
    raise_for_error(response)


def test_hooks_see_the_final_answer_only(server: ScriptedServer, session: BuildkiteSession) -> None:
    seen: list[Any] = []
    server.replies(
        Reply(status=503),
        Reply(status=429, body=b'{"scope": "rest_user", "reset": 1}'),
        Reply(status=302, headers={"Location": "/v2/moved"}),
        Reply(body=b'[{"id": "a"}]'),
    )
    hooks = {"response": lambda response, *_, **__: seen.append(response.status_code)}
    session.get(server.url, hooks=hooks)
    assert seen == [200]


def test_an_unknown_slug_names_what_the_token_sees() -> None:
    error = UnknownSlugError("pipeline", ["wbe", "x"], [f"p{n:02}" for n in range(60, 0, -1)])
    text = str(error)
    assert "Unknown pipeline: wbe, x." in text
    assert "p01, p02" in text
    assert "p50 and 10 more" in text
    assert "p51" not in text
    assert "sees: none." in str(UnknownSlugError("organization", ["acme"], []))


def test_a_missing_token_says_where_to_put_one() -> None:
    text = str(MissingTokenError())
    for part in ("read_builds", "secrets.toml", "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN"):
        assert part in text
