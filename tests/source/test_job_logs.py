"""Job logs: every line of the logs that are wanted, each log once, within a budget."""

from datetime import timedelta
from typing import Any

import duckdb
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_simulator import RecordedRequest, Simulator
from buildkite_source.client import DetailsBegun, DetailsRead
from buildkite_source.logs import parse_log

from .conftest import Loader
from .details import of_jobs


def load_logs(loader: Loader, **arguments: Any) -> None:
    arguments.setdefault("logs", "all")
    loader.load_only("job_logs", "job_log_lines", max_age="400d", **arguments)


def log_requests(simulator: Simulator, method: str = "GET") -> list[str]:
    return [
        request.path.split("/")[-2]
        for request in simulator.requests
        if request.path.endswith("/log") and request.method == method
    ]


def logs(loader: Loader) -> dict[str, dict[str, Any]]:
    return {row["job_id"]: row for row in loader.rows("job_logs", "job_id")}


def lines(loader: Loader) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in loader.rows("job_log_lines", "job_id, line_number"):
        found.setdefault(row["job_id"], []).append(row["text"])
    return found


def failed_jobs(loader: Loader) -> list[dict[str, Any]]:
    return [
        job
        for job in loader.simulator.world.truth()["jobs"]
        if job["type"] == "script"
        and job["state"] in ("failed", "timed_out")
        and not job["soft_failed"]
    ]


def ended_jobs(loader: Loader) -> list[dict[str, Any]]:
    return [
        job
        for job in loader.simulator.world.truth()["jobs"]
        if job["type"] == "script" and job.get("started_at") and job["finished_at"]
    ]


def assert_whole(loader: Loader, *ids: str) -> None:
    """Whether every line of these jobs' logs is there."""
    text = lines(loader)
    for job_id in ids:
        whole = loader.simulator.world.log(job_id).whole()
        assert text[job_id] == parse_log(whole)["text"].to_pylist()


def test_the_lines_are_those_of_the_log(detailed: Loader) -> None:
    wanted = {job["id"] for job in failed_jobs(detailed)}
    known, text = logs(detailed), lines(detailed)
    assert set(known) == wanted
    for job_id, row in known.items():
        whole = detailed.simulator.world.log(job_id).whole()
        table = parse_log(whole)
        assert text[job_id] == table["text"].to_pylist()
        # Text is sent with U+FFFD where a log is not UTF-8.
        sent = len(whole.decode(errors="replace").encode())
        assert row["size"] == row["fetched_bytes"] == sent
        assert row["lines"] == table.num_rows
        assert (row["status"], row["settled"], row["truncated"]) == ("loaded", True, False)
    # Each has cost one request.
    assert sorted(log_requests(detailed.simulator)) == sorted(wanted)
    assert log_requests(detailed.simulator, "HEAD") == []
    assert {row["raw"] for row in detailed.rows("job_log_lines", "ALL")} == {None}


@pytest.mark.slow
def test_runs_within_a_bound_fetch_all_failed_first(loaded: Loader) -> None:
    failed = {job["id"] for job in failed_jobs(loaded)}
    others = [job["id"] for job in ended_jobs(loaded) if job["id"] not in failed]
    every = {*failed, *others[: len(failed)]}
    bound = -(-len(every) // 3)
    assert bound < len(failed)
    for number in range(1, 4):
        load_logs(loaded, logs=of_jobs(*sorted(every)), max_requests=bound)
        fetched = set(logs(loaded))
        assert len(fetched) == min(bound * number, len(every))
        assert fetched <= failed or failed <= fetched
    asked = log_requests(loaded.simulator)
    assert len(asked) == len(set(asked)) == len(every)
    assert set(logs(loaded)) == every


@pytest.mark.slow
def test_a_run_that_dies_loses_nothing_and_brings_nothing_twice(loaded: Loader) -> None:
    loaded.simulator.faults.add(match="/log", kind="revoke", skip=7)
    with pytest.raises(PipelineStepFailed):
        load_logs(loaded, logs="failed")
    session = loaded.session(loaded.simulator.add_token())
    load_logs(loaded, logs="failed", session=session)
    failed = {job["id"] for job in failed_jobs(loaded)}
    assert set(logs(loaded)) == set(lines(loaded)) == failed
    assert_whole(loaded, *failed)


PAGES = {
    "sign-in": {"body": b"<html>Sign in", "content_type": "text/html; charset=utf-8"},
    "json": {"body": b'{"content": "a log", "size": 5}'},
}


def test_a_page_that_is_no_log_is_not_kept_as_the_log(loaded: Loader) -> None:
    job_id = failed_jobs(loaded)[0]["id"]
    faults = loaded.simulator.faults
    faults.add(match="/log", kind="body", times=None, **PAGES["sign-in"])
    with pytest.raises(PipelineStepFailed, match="where a log was asked for; it starts with"):
        load_logs(loaded, logs=of_jobs(job_id))
    assert "job_logs" not in loaded.stored_tables()
    faults.clear()
    # It is asked for again, at once and in the next run.
    for page in PAGES.values():
        faults.add(match="/log", kind="body", **page)
    load_logs(loaded, logs=of_jobs(job_id))
    assert_whole(loaded, job_id)


def test_an_interrupted_log_begins_anew(loaded: Loader) -> None:
    ids = [job["id"] for job in failed_jobs(loaded)[:3]]
    ways: list[dict[str, Any]] = [
        {"kind": "truncate", "claim_full_length": True},
        {"kind": "reset"},
        {"kind": "status", "status": 503},
    ]
    for job_id, way in zip(ids, ways, strict=True):
        loaded.simulator.faults.add(match=f"/jobs/{job_id}/log", times=2, **way)
    load_logs(loaded, logs=of_jobs(*ids))
    assert sorted(log_requests(loaded.simulator)) == sorted(ids * 3)
    assert_whole(loaded, *ids)


def test_a_running_log_is_fetched_again_when_it_has_grown(loaded: Loader) -> None:
    running = [
        job["id"]
        for job in loaded.simulator.world.truth()["jobs"]
        if job["type"] == "script" and job["state"] == "running"
    ]
    assert running
    load_logs(loaded, logs="jobs.state = 'running'")
    before = logs(loaded)
    assert set(before) == set(running)
    assert not any(row["settled"] for row in before.values())
    # Nothing has grown yet: only its size is asked for, and nothing is said to wait.
    asked = log_requests(loaded.simulator)
    session, told = loaded.session(), []
    session.listener = told.append
    load_logs(loaded, logs="jobs.state = 'running'", session=session)
    assert log_requests(loaded.simulator) == asked
    assert sorted(log_requests(loaded.simulator, "HEAD")) == sorted(running)
    (read,) = [event for event in told if isinstance(event, DetailsRead)]
    assert (read.reason, read.waiting) == ("", [])
    loaded.clock.world.advance(timedelta(hours=12))
    loaded.load_only("builds", "jobs")
    load_logs(loaded, logs=of_jobs(*running))
    after = logs(loaded)
    assert all(after[job_id]["settled"] for job_id in running)
    assert_whole(loaded, *running)


@pytest.mark.slow
@pytest.mark.parametrize("log_tail", [None, 500])
def test_a_log_that_is_no_text_is_fetched_again_once_at_most(
    loaded: Loader, log_tail: int | None
) -> None:
    world = loaded.simulator.world
    loaded.simulator.switches.log_text_normalised = True
    job_id = next(job["id"] for job in world.truth()["jobs"] if job["state"] == "running")
    world.plant_log(job_id, b"\xff\xfe line\r\n" * 100)
    for _ in range(3):
        load_logs(loaded, logs=of_jobs(job_id), log_tail=log_tail)
    assert len(log_requests(loaded.simulator)) <= 2
    assert logs(loaded)[job_id]["size"] == world.log(job_id).size
    world.plant_log(job_id, b"\xff\xfe line\r\n" * 110)
    load_logs(loaded, logs=of_jobs(job_id), log_tail=log_tail)
    assert logs(loaded)[job_id]["size"] == world.log(job_id).size


@pytest.mark.slow
def test_a_log_of_many_pages_is_fetched_once(loaded: Loader) -> None:
    job_id = failed_jobs(loaded)[0]["id"]
    loaded.simulator.world.plant_log(job_id, b"line\r\n" * 450_000)
    load_logs(loaded, logs=of_jobs(job_id))
    assert logs(loaded)[job_id]["lines"] == 450_000
    with duckdb.connect(str(loaded.database), read_only=True) as connection:
        sql = "SELECT job_id, text, count(*), max(line_number) FROM ci.job_log_lines GROUP BY ALL"
        found = connection.execute(sql).fetchall()
    assert found == [(job_id, "line", 450_000, 450_000)]
    asked = log_requests(loaded.simulator)
    load_logs(loaded, logs=of_jobs(job_id))
    assert log_requests(loaded.simulator) == asked


def test_a_stop_and_a_bound_on_bytes_keep_the_logs_that_have_come(loaded: Loader) -> None:
    session = loaded.session()

    def stop(event: object) -> None:
        if isinstance(event, DetailsBegun) and event.number == 5:
            session.stop()

    session.listener = stop
    load_logs(loaded, logs="failed", session=session)
    before = logs(loaded)
    assert len(before) == 4
    load_logs(loaded, logs="failed", max_bytes=20_000)
    fetched = [row for job_id, row in logs(loaded).items() if job_id not in before]
    assert 0 < sum(row["fetched_bytes"] for row in fetched) <= 20_000
    load_logs(loaded, logs="failed")
    wanted = {job["id"] for job in failed_jobs(loaded)}
    assert set(logs(loaded)) == wanted
    # What is there is not asked for again.
    assert sorted(log_requests(loaded.simulator)) == sorted(wanted)


def test_a_tail_is_the_end_alone(loaded: Loader) -> None:
    tail = failed_jobs(loaded)[0]["id"]
    load_logs(loaded, logs=of_jobs(tail), log_tail=500)
    whole = loaded.simulator.world.log(tail).whole()
    row = logs(loaded)[tail]
    assert (row["size"], row["fetched_bytes"], row["truncated"]) == (len(whole), 500, True)
    assert lines(loaded)[tail] == parse_log(whole[-500:])["text"].to_pylist()


def test_a_deleted_log_is_settled(loaded: Loader) -> None:
    absent, empty = (job["id"] for job in failed_jobs(loaded)[:2])

    def answer(request: RecordedRequest) -> None:
        loaded.simulator.switches.deleted_log = "absent" if absent in request.path else "empty"

    loaded.simulator.before_response(answer)
    for job_id in (absent, empty):
        loaded.simulator.world.delete_log(job_id)
    for _ in range(2):
        load_logs(loaded, logs=of_jobs(absent, empty))
    rows = logs(loaded)
    for job_id, status in ((absent, "absent"), (empty, "loaded")):
        row = rows[job_id]
        assert (row["settled"], row["lines"], row["status"]) == (True, 0, status)
    assert sorted(log_requests(loaded.simulator)) == sorted([absent, empty])


def test_hostile_lines_are_shown_safely_and_as_they_are_when_asked_for(loaded: Loader) -> None:
    job_id = failed_jobs(loaded)[0]["id"]
    attack = (
        b"<script>alert(1)</script>\r\n\x1b[2J\x1b[1;31mred\x1b[0m\r\n"
        b"\x1b]0;title\x07../../etc/passwd\r\nNUL \x00 here \xff\r\n" + b"x" * 10_000_000
    )
    loaded.simulator.world.plant_log(job_id, attack)
    load_logs(loaded, logs=of_jobs(job_id), log_raw=True)
    rows = loaded.rows("job_log_lines", "line_number")
    assert [rows[number]["raw"] for number in (1, 3)] == [
        b"\x1b[2J\x1b[1;31mred\x1b[0m\r",
        # Text is sent with U+FFFD where a log is not UTF-8.
        "NUL \x00 here \ufffd\r".encode(),
    ]
    text = [row["text"] for row in rows]
    assert text[:4] == [
        "<script>alert(1)</script>",
        "red",
        "../../etc/passwd",
        "NUL  here \ufffd",
    ]
    assert len(text[4]) == 8 << 20
    row = logs(loaded)[job_id]
    assert (row["cut_lines"], row["cut_bytes"]) == (1, 10_000_000 - (8 << 20))


def test_a_missing_scope_is_named(loaded: Loader) -> None:
    token = loaded.simulator.add_token(scopes=["read_organizations", "read_builds"])
    with pytest.raises(PipelineStepFailed, match="read_build_logs"):
        load_logs(loaded, session=loaded.session(token))


def test_a_condition_that_is_none_is_refused_and_named(loaded: Loader) -> None:
    for logs in ("state = failed", "state = 'failed"):
        with pytest.raises(PipelineStepFailed, match=r"The setting logs must be a condition"):
            load_logs(loaded, logs=logs)
