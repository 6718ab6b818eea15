import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from buildkite_source.client import BuildkiteSession, PageFetched, RequestBudget, Waiting

from .clock import START, FakeClock
from .conftest import TOKEN, OpenSession
from .server import Reply, ScriptedServer
from .windows import headers


def pages_heard(session: BuildkiteSession) -> list[PageFetched]:
    return [event for event in session.heard if isinstance(event, PageFetched)]


def test_sends_token_user_agent_and_accept(
    server: ScriptedServer, open_session: OpenSession
) -> None:
    open_session(user_agent="buildkite-source/1 (dlt)").get(f"{server.url}/organizations")
    asked = server.asked[0]
    assert asked.path == "/v2/organizations"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["User-Agent"] == "buildkite-source/1 (dlt)"
    assert asked.headers["Accept"] == "application/json"


def test_a_slash_after_the_base_url_changes_nothing(
    server: ScriptedServer, open_session: OpenSession
) -> None:
    session = open_session(base_url=server.url + "/")
    assert session.base_url == server.url
    assert session.get(f"{session.base_url}/organizations").status_code == 200


@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_answers_with_items_and_counts_decompressed_bytes(
    server: ScriptedServer, session: BuildkiteSession, gzipped: bool
) -> None:
    rows = [{"id": str(number), "slug": "web"} for number in range(50)]
    body = json.dumps(rows).encode()
    server.replies(Reply(body=body, gzipped=gzipped))
    items = session.get(f"{server.url}/organizations").json()
    assert [dict(item) for item in items] == rows
    assert session.stats.pages == 1
    assert session.stats.bytes == len(body)
    assert pages_heard(session)[0].size == len(body)


def test_a_single_object_is_one_item(server: ScriptedServer, session: BuildkiteSession) -> None:
    server.replies(Reply(body=b'{"scopes": ["read_builds"]}'))
    (item,) = session.get(f"{server.url}/access-token").json()
    assert item["scopes"] == ["read_builds"]


def test_tells_each_page_with_its_place_and_what_is_left(
    server: ScriptedServer, open_session: OpenSession, clock: FakeClock
) -> None:
    path = "/v2/organizations/acme/builds"
    link = f'<{{origin}}{path}?page=3>; rel="next", <{{origin}}{path}?page=9>; rel="last"'
    limits = headers(user=(50, 40, 30), organization=(200, 100, 30))
    body = b'[{"id": "a"}, {"id": "b"}]'
    server.replies(Reply(body=body, headers={"Link": link, **limits}))
    session = open_session(budget=RequestBudget(clock, share=0.9))
    session.get(f"{server.origin}{path}?page=2")
    assert session.heard == [PageFetched(path, 2, 9, 35, 2, len(body))]


def test_nothing_is_told_of_refusals(server: ScriptedServer, session: BuildkiteSession) -> None:
    server.replies(Reply(status=404, body=b'{"message": "No job found"}'))
    assert session.get(f"{server.url}/organizations/acme").status_code == 404
    assert session.heard == []
    assert session.stats.pages == 0


def test_works_without_a_listener(server: ScriptedServer, session: BuildkiteSession) -> None:
    session.listener = None
    server.replies(Reply(status=503), Reply())
    assert session.get(server.url).json() == []


def test_a_wait_for_the_budget_is_told_before_it(
    server: ScriptedServer, open_session: OpenSession, clock: FakeClock
) -> None:
    server.replies(
        Reply(headers=headers(user=(50, 5, 30), organization=(200, 150, 30))),
        Reply(headers=headers(user=(50, 49, 60), organization=(200, 20, 60))),
        Reply(),
    )
    session = open_session(budget=RequestBudget(clock, share=0.9))
    for _ in range(3):
        session.get(f"{server.url}/organizations/acme/builds")
    reasons = [event.reason for event in session.heard if isinstance(event, Waiting)]
    assert reasons == ["the user's request budget", "the organization's request budget"]
    assert clock.monotonic() >= 90


@pytest.mark.parametrize(
    ("path", "waits"),
    [
        pytest.param("/organizations/acme/pipelines", True, id="the organization itself"),
        pytest.param("/analytics/organizations/acme/suites", True, id="its Test Engine"),
        pytest.param("/organizations/globex/builds", False, id="another organization"),
        pytest.param("/organizations", False, id="no organization"),
        pytest.param("/access-token", False, id="the token"),
    ],
)
def test_an_exhausted_organization_stops_only_its_own_requests(
    server: ScriptedServer, open_session: OpenSession, clock: FakeClock, path: str, waits: bool
) -> None:
    server.replies(
        Reply(headers=headers(user=(50, 49, 30), organization=(200, 0, 30))),
        Reply(headers=headers(user=(50, 48, 30), organization=(200, 199, 30))),
    )
    session = open_session(budget=RequestBudget(clock))
    session.get(f"{server.url}/organizations/acme/builds")
    session.get(f"{server.url}{path}")
    assert (clock.monotonic() >= 30) is waits


def fetched_at(session: BuildkiteSession, url: str) -> datetime:
    (item,) = session.get(url).json()
    return item.fetched_at


def test_fetched_at_is_the_api_time_and_moves_on_though_the_date_does_not(
    server: ScriptedServer, session: BuildkiteSession
) -> None:
    server.replies(
        *(
            Reply(body=b"{}", headers={"Date": f"Sat, 01 Aug 2026 04:00:{second:02} GMT"})
            for second in (10, 10, 10, 5, 12, 11)
        )
    )
    moments = [fetched_at(session, server.url) for _ in range(6)]
    told = datetime(2026, 8, 1, 4, 0, 10, tzinfo=UTC)
    assert moments[0] == told
    assert moments[4] == told + timedelta(seconds=2)
    assert all(earlier < later for earlier, later in pairwise(moments))
    assert moments[-1] - told < timedelta(seconds=3)
    assert all(moment.utcoffset() == timedelta(0) for moment in moments)


@pytest.mark.parametrize(
    "date",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="words"),
        pytest.param("Mon, 99 Foo 2026 04:00:00 GMT", id="no such day"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 -2300", id="beyond the calendar"),
    ],
)
def test_fetched_at_is_the_local_time_when_the_api_tells_none(
    server: ScriptedServer, session: BuildkiteSession, date: str | None
) -> None:
    server.replies(Reply(body=b"{}", headers={} if date is None else {"Date": date}))
    moments = [fetched_at(session, server.url) for _ in range(2)]
    assert moments == [START, START + timedelta(microseconds=1)]


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose local time is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_a_date_without_a_zone_is_utc(server: ScriptedServer, session: BuildkiteSession) -> None:
    server.replies(Reply(body=b"{}", headers={"Date": "Sat, 01 Aug 2026 04:00:10 -0000"}))
    assert fetched_at(session, server.url) == datetime(2026, 8, 1, 4, 0, 10, tzinfo=UTC)


def test_threads_share_one_session(server: ScriptedServer, open_session: OpenSession) -> None:
    clock = FakeClock()
    session = open_session(clock=clock, budget=RequestBudget(clock))
    server.replies(
        Reply(
            body=b'[{"id": "a"}]',
            headers={"Date": "Sat, 01 Aug 2026 04:00:10 GMT"} | headers(user=(900, 800, 60)),
        )
    )
    moments: list[datetime] = []

    def fetch() -> None:
        for _ in range(10):
            moment = fetched_at(session, f"{server.url}/organizations")
            moments.append(moment)

    clock.run([fetch] * 6)
    assert len(set(moments)) == 60
    assert session.stats.pages == 60
    assert session.stats.bytes == 60 * len(b'[{"id": "a"}]')
    assert len(pages_heard(session)) == 60
    assert session.budget.stats.requests == 60
