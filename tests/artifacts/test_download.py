import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from buildkite_simulator import RateLimits
from buildkite_simulator.api.limits import Windows
from buildkite_source.artifacts import Outcome, Status, TargetError, download
from buildkite_source.client import Retries

from .conftest import Shop, counts

DOWNLOADED, PRESENT, SKIPPED = Status.DOWNLOADED, Status.PRESENT, Status.SKIPPED
GONE, LEFT, FAILED = Status.GONE, Status.LEFT, Status.FAILED


def test_files_arrive_whole_and_where_they_belong(shop: Shop) -> None:
    contents = {"a.txt": b"hello", "reports/junit.xml": b"<x/>" * 50_000, "empty": b""}
    for path, content in contents.items():
        shop.plant(path, content)
    report = shop.download()
    assert shop.files() == contents
    assert counts(report) == {DOWNLOADED: 3}
    assert report.complete
    assert report.problems == []
    assert report.bytes == sum(map(len, contents.values()))
    assert [each.name for each in shop.outcomes][1] == (
        f"acme/web/{shop.build.number}/{shop.job.id}/reports/junit.xml"
    )


def test_each_file_costs_one_request_and_no_token_leaves_the_api(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    for number in range(4):
        shop.plant(f"{number}.txt", b"x" * 10)
    artifacts = shop.listed()
    monkeypatch.setenv("NETRC", str(netrc))
    session = shop.session()
    session.cookies.set("session", "secret", domain="127.0.0.1")
    report = shop.download(artifacts, session=session)
    assert (shop.asked, shop.fetched, report.requests) == (4, 4, 4)
    assert shop.simulator.leaked_tokens == []
    for request in shop.simulator.storage_requests:
        assert not {"authorization", "cookie"} & set(request.headers)
        assert shop.simulator.token not in repr(request)


def test_a_second_run_asks_for_nothing(shop: Shop) -> None:
    shop.plant("a.txt", b"hello")
    shop.plant("b/c.txt", b"x" * 100_000)
    shop.download()
    report = shop.download()
    assert counts(report) == {PRESENT: 2}
    assert (shop.asked, shop.fetched, report.requests, report.bytes) == (0, 0, 0, 0)
    assert all(outcome.name for outcome in shop.outcomes)


def test_a_file_of_other_content_is_left_alone(shop: Shop) -> None:
    shop.plant("a.txt", b"hello")
    shop.download()
    (name,) = (outcome.name for outcome in shop.outcomes)
    (shop.target / name).write_bytes(b"jello")
    assert counts(shop.download(trust_size=True)) == {PRESENT: 1}
    assert counts(shop.download()) == {DOWNLOADED: 1}
    assert (shop.target / name).read_bytes() == b"jello"
    assert sorted(shop.files().values()) == [b"hello", b"jello"]
    assert counts(shop.download()) == {PRESENT: 1}


def test_without_a_sum_the_size_decides(shop: Shop) -> None:
    shop.plant("a.txt", b"hello")
    artifacts = [replace(each, sha1sum=None) for each in shop.listed()]
    shop.download(artifacts)
    assert counts(shop.download(artifacts)) == {PRESENT: 1}
    longer = [replace(each, file_size=6) for each in artifacts]
    assert counts(shop.download(longer)) == {FAILED: 1}


def test_what_is_not_finished_is_skipped_with_the_reason(shop: Shop) -> None:
    for state in ("new", "error", "expired", "deleted"):
        shop.plant(f"{state}.txt", state=state)
    report = shop.download()
    assert counts(report) == {SKIPPED: 4}
    assert [each.reason for each in report.problems] == [
        f"It is {state}." for state in ("new", "error", "expired", "deleted")
    ]
    assert shop.asked == 0
    assert not shop.target.exists()


def test_what_is_gone_is_settled_and_stops_nothing(shop: Shop) -> None:
    for name in ("a", "b", "c"):
        shop.plant(f"{name}/{name}.txt")
    artifacts = shop.listed()
    world = shop.simulator.world
    world.remove_artifact(world.artifact(artifacts[1].id))
    report = shop.download(artifacts)
    assert counts(report) == {DOWNLOADED: 2, GONE: 1}
    assert report.complete
    assert "no more" in report.problems[0].reason
    assert set(shop.files()) == {"a/a.txt", "c/c.txt"}
    assert not list(shop.target.rglob("b"))


def test_a_renamed_pipeline_does_not_make_artifacts_gone(shop: Shop) -> None:
    shop.plant("a.txt", b"hello")
    renamed = [replace(each, pipeline_slug="its-old-name") for each in shop.listed()]
    assert counts(shop.download(renamed)) == {DOWNLOADED: 1}


def test_bounds_leave_the_rest_for_another_run(shop: Shop) -> None:
    for number in range(5):
        shop.plant(f"{number}.txt", b"%d" % number * 100)
    report = shop.download(max_requests=2)
    assert counts(report) == {DOWNLOADED: 2, LEFT: 3}
    assert shop.asked == report.requests == 2
    assert not report.complete
    assert "max_requests" in report.problems[0].reason
    report = shop.download(max_bytes=250)
    assert counts(report) == {PRESENT: 2, DOWNLOADED: 2, LEFT: 1}
    assert report.bytes == 200
    assert counts(shop.download()) == {PRESENT: 4, DOWNLOADED: 1}


def test_max_bytes_bounds_a_file_of_unknown_size(shop: Shop) -> None:
    shop.plant("big.bin", 1_000_000)
    artifacts = [replace(each, file_size=None) for each in shop.listed()]
    report = shop.download(artifacts, max_bytes=300_000)
    assert counts(report) == {LEFT: 1}
    assert report.bytes < 400_000
    assert counts(shop.download(artifacts)) == {DOWNLOADED: 1}


def test_the_budget_of_the_session_is_kept(shop: Shop) -> None:
    for number in range(12):
        shop.plant(f"{number}.txt")
    artifacts = shop.listed()
    shop.simulator.api.windows = Windows(RateLimits(user=5))
    session = shop.session()
    assert counts(shop.download(artifacts, session=session)) == {DOWNLOADED: 12}
    assert {request.status for request in shop.simulator.requests} == {302}
    assert shop.asked == session.budget.stats.requests == 12
    assert session.budget.stats.waited >= 60


def test_a_rate_limit_is_waited_for(shop: Shop) -> None:
    shop.plant("a.txt")
    artifacts = shop.listed()
    shop.simulator.faults.add(kind="rate_limit", match="/download", reset=9)
    session = shop.session()
    report = shop.download(artifacts, session=session)
    assert counts(report) == {DOWNLOADED: 1}
    assert report.requests == 2
    assert session.budget.stats.waited >= 9


@pytest.mark.parametrize("scopes", [["read_builds"], None], ids=["403", "401"])
def test_a_refused_token_costs_one_request_and_says_why(
    shop: Shop, scopes: list[str] | None
) -> None:
    for number in range(4):
        shop.plant(f"{number}.txt")
    token = shop.simulator.add_token(scopes=scopes) if scopes else "bkua_wrong"
    artifacts = shop.listed()
    report = shop.download(artifacts, session=shop.session(token))
    assert shop.asked == 1
    assert not report.complete
    assert sum(report.counts.values()) == 4
    expected = "read_artifacts" if scopes else "not accepted"
    assert all(expected in each.reason for each in report.problems)
    assert bool(report.ended) is (scopes is None)
    assert token not in repr(report)
    assert not list(shop.target.rglob("*"))


def test_an_api_out_of_reach_ends_the_run_in_time(shop: Shop) -> None:
    shop.retries = Retries(attempts=2)
    for number in range(6):
        shop.plant(f"{number}.txt")
    artifacts = shop.listed()
    shop.simulator.faults.add(kind="status", status=503, times=None)
    report = shop.download(artifacts)
    assert counts(report) == {FAILED: 3, LEFT: 3}
    assert "503" in report.ended


def test_a_stop_keeps_what_has_arrived(shop: Shop) -> None:
    shop.plant("a.txt")
    shop.plant("big.bin", 3_000_000)
    session = shop.session()

    def stop(outcome: Outcome) -> None:
        session.stop()

    with session:
        report = download(session, shop.listed(), str(shop.target), on_done=stop)
    assert counts(report) == {DOWNLOADED: 1, LEFT: 1}
    assert "Stopped" in report.ended


def test_sizes_and_sums_are_checked_on_a_large_file(shop: Shop) -> None:
    shop.plant("big.bin", 5_000_000)
    assert counts(shop.download()) == {DOWNLOADED: 1}
    (content,) = shop.files().values()
    assert hashlib.sha1(content).hexdigest() == shop.listed()[0].sha1sum


def test_an_unknown_file_system_is_an_error_for_people(shop: Shop) -> None:
    with pytest.raises(TargetError, match="cannot be opened"):
        shop.download([], target="gopher9://x/y")
