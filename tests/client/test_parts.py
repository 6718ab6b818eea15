import json
from urllib.parse import parse_qs, urlsplit

import pytest

from buildkite_source.client import (
    BuildkiteError,
    BuildkiteSession,
    ForbiddenError,
    UnexpectedBodyError,
    fetch_in_parts,
)

from .server import Reply, ScriptedServer

PATH = "/v2/organizations/acme/builds"
JOBS = "/v2/organizations/acme/pipelines/web/builds/17/jobs"


def build(server: ScriptedServer, **more: str) -> bytes:
    url = f"{server.origin}{JOBS.removesuffix('/jobs')}"
    return json.dumps([{"id": "b", "number": 17, "url": url, **more}], indent=1).encode()


def jobs(*ids: str, following: str | None = None) -> Reply:
    links = {"self": "x"} | ({"next": following} if following else {})
    body = {"items": [{"id": key, "name": "ä {} []"} for key in ids], "links": links}
    return Reply(body=json.dumps(body, ensure_ascii=False).encode())


def test_a_heavy_build_is_put_together_from_its_parts(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    link = f'<{server.origin}{PATH}?page=3&exclude_jobs=true&per_page=1>; rel="next"'
    server.replies(
        Reply(body=build(server), headers={"Link": link}),
        jobs("j1", "j2", following=f"{server.origin}{JOBS}?after=cursor"),
        jobs("j3"),
    )
    builds, more = fetch_in_parts(session, f"{server.origin}{PATH}?page=2&per_page=1")
    (whole,) = builds
    assert [job["id"] for job in whole["jobs"]] == ["j1", "j2", "j3"]
    assert whole["number"] == 17
    assert json.loads(whole.raw) == dict(whole)
    assert more
    first, second, third = (urlsplit(asked.path) for asked in server.asked)
    assert parse_qs(first.query)["exclude_jobs"] == ["true"]
    assert second.path == third.path == JOBS
    assert parse_qs(second.query) == {"per_page": ["100"], "include_retried_jobs": ["true"]}
    assert parse_qs(third.query) == {"after": ["cursor"]}


def test_jobs_that_do_not_come_to_an_end_are_an_error(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    again = f"{server.origin}{JOBS}?after=cursor"
    server.replies(Reply(body=build(server)), *[jobs("j1", following=again)] * 9)
    with pytest.raises(UnexpectedBodyError, match=r"jobs.* does not come to an end"):
        fetch_in_parts(session, server.origin + PATH)
    assert len(server.asked) == 3


def test_the_last_build_and_one_without_jobs(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(body=build(server)), Reply(body=b'{"items": []}'))
    builds, more = fetch_in_parts(session, f"{server.origin}{PATH}?created_from=a%2Bb")
    assert builds[0]["jobs"] == []
    assert not more
    assert parse_qs(urlsplit(server.asked[0].path).query)["created_from"] == ["a+b"]


@pytest.mark.parametrize("place", [0, 1], ids=["build", "jobs"])
def test_a_refusal_of_a_part_names_the_scope(
    server: ScriptedServer, session: BuildkiteSession, place: int
) -> None:
    refusal = Reply(status=403, body=b'{"message": "Forbidden"}')
    server.replies(*[Reply(body=build(server))][:place], refusal)
    with pytest.raises(ForbiddenError, match="read_builds"):
        fetch_in_parts(session, server.origin + PATH)


def test_jobs_elsewhere_are_not_fetched(
    server: ScriptedServer, foreign: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(Reply(body=build(server)), jobs("j1", following=f"{foreign.origin}{JOBS}"))
    with pytest.raises(Exception, match="Nothing was sent there"):
        fetch_in_parts(session, server.origin + PATH)
    assert foreign.asked == []


@pytest.mark.parametrize(
    "reply",
    [Reply(), Reply(body=b'{"items": 5}'), Reply(body=b'{"message": "ok"}')],
    ids=["list", "number", "no items"],
)
def test_jobs_of_another_shape_are_an_error_for_people(
    server: ScriptedServer, session: BuildkiteSession, reply: Reply
) -> None:
    server.replies(Reply(body=build(server)), reply)
    with pytest.raises(BuildkiteError):
        fetch_in_parts(session, server.origin + PATH)
