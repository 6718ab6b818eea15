"""Job logs: every line of the logs that are wanted, each log once, within a budget."""

from datetime import timedelta
from typing import Any

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from buildkite_simulator import Simulator
from buildkite_source.client import DetailsBegun, DetailsRead
from buildkite_source.logs import parse_log

from .conftest import Loader


def load_logs(loader: Loader, **arguments: Any) -> None:
    arguments.setdefault("logs", "all")
    source = loader.source(max_age="400d", **arguments)
    loader.pipeline().run(source.with_resources("job_logs", "job_log_lines"))


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


def test_the_lines_are_those_of_the_log(loaded: Loader) -> None:
    load_logs(loaded, logs="failed")
    wanted = {job["id"] for job in failed_jobs(loaded)}
    known, text = logs(loaded), lines(loaded)
    assert set(known) == wanted
    for job_id, row in known.items():
        whole = loaded.simulator.world.log(job_id).whole()
        table = parse_log(whole)
        assert text[job_id] == table["text"].to_pylist()
        # Text is sent with U+FFFD where a log is not UTF-8.
        sent = len(whole.decode(errors="replace").encode())
        assert row["size"] == row["fetched_bytes"] == sent
        assert row["lines"] == table.num_rows
        assert (row["status"], row["settled"], row["truncated"]) == ("loaded", True, False)


def test_each_log_costs_one_request_and_only_once(loaded: Loader) -> None:
    load_logs(loaded, logs="failed")
    asked = log_requests(loaded.simulator)
    assert len(asked) == len(set(asked)) == len(failed_jobs(loaded))
    assert log_requests(loaded.simulator, "HEAD") == []
    load_logs(loaded, logs="failed")
    assert log_requests(loaded.simulator) == asked


def test_five_runs_of_a_hundred_requests_fetch_all_failed_first(loaded: Loader) -> None:
    failed = {job["id"] for job in failed_jobs(loaded)}
    ended = "jobs.finished_at IS NOT NULL"
    every = {job["id"] for job in ended_jobs(loaded)}
    runs = -(-len(every) // 100)
    for number in range(1, runs + 1):
        load_logs(loaded, logs=ended, max_requests=100)
        fetched = set(logs(loaded))
        assert len(fetched) == min(100 * number, len(every))
        assert fetched <= failed or failed <= fetched
    asked = log_requests(loaded.simulator)
    assert len(asked) == len(set(asked)) == len(every)
    assert set(logs(loaded)) == every


def test_a_run_that_dies_loses_nothing_and_brings_nothing_twice(loaded: Loader) -> None:
    loaded.simulator.faults.add(match="/log", kind="revoke", skip=7)
    with pytest.raises(PipelineStepFailed):
        load_logs(loaded, logs="failed")
    session = loaded.session(loaded.simulator.add_token())
    load_logs(loaded, logs="failed", session=session)
    assert set(logs(loaded)) == {job["id"] for job in failed_jobs(loaded)}
    for job_id, text in lines(loaded).items():
        whole = loaded.simulator.world.log(job_id).whole()
        assert text == parse_log(whole)["text"].to_pylist()


PAGES = {
    "sign-in": {"body": b"<html>Sign in", "content_type": "text/html; charset=utf-8"},
    "json": {"body": b'{"content": "a log", "size": 5}'},
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_no_log_is_not_kept_as_the_log(loaded: Loader, page: str) -> None:
    job_id = failed_jobs(loaded)[0]["id"]
    where = f"jobs.id = '{job_id}'"
    fault = loaded.simulator.faults.add(match="/log", kind="body", times=None, **PAGES[page])
    with pytest.raises(PipelineStepFailed, match="where a log was asked for; it starts with"):
        load_logs(loaded, logs=where)
    assert "job_logs" not in loaded.stored_tables()
    # It is asked for again, at once and in the next run.
    fault.times = 2
    load_logs(loaded, logs=where)
    whole = loaded.simulator.world.log(job_id).whole()
    assert lines(loaded)[job_id] == parse_log(whole)["text"].to_pylist()


@pytest.mark.parametrize("kind", ["truncate", "reset", "status"])
def test_an_interrupted_log_begins_anew(loaded: Loader, kind: str) -> None:
    extra: dict[str, Any] = {"status": {"status": 503}, "truncate": {"claim_full_length": True}}
    loaded.simulator.faults.add(match="/log", kind=kind, times=2, **extra.get(kind, {}))
    job_id = failed_jobs(loaded)[0]["id"]
    load_logs(loaded, logs=f"jobs.id = '{job_id}'")
    whole = loaded.simulator.world.log(job_id).whole()
    assert lines(loaded)[job_id] == parse_log(whole)["text"].to_pylist()


def test_a_running_log_is_fetched_again_when_it_has_grown(loader: Loader) -> None:
    world = loader.simulator.world
    running = [
        job["id"]
        for job in world.truth()["jobs"]
        if job["type"] == "script" and job["state"] == "running"
    ]
    assert running
    loader.load()
    load_logs(loader, logs="jobs.state = 'running'")
    before = logs(loader)
    assert set(before) == set(running)
    assert not any(row["settled"] for row in before.values())
    # Nothing has grown yet: only its size is asked for.
    asked = log_requests(loader.simulator)
    load_logs(loader, logs="jobs.state = 'running'")
    assert log_requests(loader.simulator) == asked
    assert sorted(log_requests(loader.simulator, "HEAD")) == sorted(running)
    loader.clock.world.advance(timedelta(hours=12))
    loader.load()
    ids = ", ".join(f"'{job_id}'" for job_id in running)
    load_logs(loader, logs=f"jobs.id IN ({ids})")
    after, text = logs(loader), lines(loader)
    for job_id in running:
        assert after[job_id]["settled"]
        whole = world.log(job_id).whole()
        assert text[job_id] == parse_log(whole)["text"].to_pylist()


@pytest.mark.parametrize("log_tail", [None, 500])
def test_a_log_that_is_no_text_is_fetched_again_once_at_most(
    loader: Loader, log_tail: int | None
) -> None:
    world = loader.simulator.world
    loader.simulator.switches.log_text_normalised = True
    loader.load()
    job_id = next(job["id"] for job in world.truth()["jobs"] if job["state"] == "running")
    world.plant_log(job_id, b"\xff\xfe line\r\n" * 100)
    for _ in range(4):
        load_logs(loader, logs=f"jobs.id = '{job_id}'", log_tail=log_tail)
    assert len(log_requests(loader.simulator)) <= 2
    assert logs(loader)[job_id]["size"] == world.log(job_id).size
    world.plant_log(job_id, b"\xff\xfe line\r\n" * 110)
    load_logs(loader, logs=f"jobs.id = '{job_id}'", log_tail=log_tail)
    assert logs(loader)[job_id]["size"] == world.log(job_id).size


def test_a_log_that_has_not_grown_does_not_wait(loaded: Loader) -> None:
    load_logs(loaded, logs="jobs.state = 'running'")
    session, told = loaded.session(), []
    session.listener = told.append
    load_logs(loaded, logs="jobs.state = 'running'", session=session)
    (read,) = [event for event in told if isinstance(event, DetailsRead)]
    assert (read.reason, read.waiting) == ("", [])


def test_a_log_of_many_pages_is_fetched_once(loaded: Loader) -> None:
    job_id = failed_jobs(loaded)[0]["id"]
    loaded.simulator.world.plant_log(job_id, b"line\r\n" * 450_000)
    load_logs(loaded, logs=f"jobs.id = '{job_id}'")
    assert logs(loaded)[job_id]["lines"] == 450_000
    assert len(lines(loaded)[job_id]) == 450_000
    asked = log_requests(loaded.simulator)
    load_logs(loaded, logs=f"jobs.id = '{job_id}'")
    assert log_requests(loaded.simulator) == asked


def test_a_stop_keeps_the_logs_that_have_come(loaded: Loader) -> None:
    session = loaded.session()

    def stop(event: object) -> None:
        if isinstance(event, DetailsBegun) and event.number == 5:
            session.stop()

    session.listener = stop
    load_logs(loaded, logs="failed", session=session)
    assert len(logs(loaded)) == 4
    load_logs(loaded, logs="failed")
    assert set(logs(loaded)) == {job["id"] for job in failed_jobs(loaded)}
    asked = log_requests(loaded.simulator)
    assert len(asked) == len(set(asked))


def test_raw_lines_come_when_asked_for(loaded: Loader) -> None:
    job_id = failed_jobs(loaded)[0]["id"]
    loaded.simulator.world.plant_log(job_id, b"\x1b[31mred\x1b[0m\r\n\xff\x00\n")
    load_logs(loaded, logs=f"jobs.id = '{job_id}'", log_raw=True)
    rows = loaded.rows("job_log_lines", "line_number")
    assert [row["raw"] for row in rows] == [b"\x1b[31mred\x1b[0m\r", "\ufffd\x00".encode()]
    assert [row["text"] for row in rows] == ["red", "\ufffd"]
    load_logs(loaded, logs=f"jobs.id = '{failed_jobs(loaded)[1]['id']}'")
    assert sum(row["raw"] is not None for row in loaded.rows("job_log_lines", "job_id")) == 2


@pytest.mark.parametrize("switch", ["absent", "empty"])
def test_a_deleted_log_is_settled(loader: Loader, switch: str) -> None:
    loader.simulator.switches.deleted_log = switch
    loader.load()
    job_id = failed_jobs(loader)[0]["id"]
    loader.simulator.world.delete_log(job_id)
    load_logs(loader, logs="failed")
    row = logs(loader)[job_id]
    assert row["settled"]
    assert row["lines"] == 0
    assert row["status"] == ("absent" if switch == "absent" else "loaded")
    asked = log_requests(loader.simulator)
    load_logs(loader, logs="failed")
    assert log_requests(loader.simulator) == asked


def test_the_tail_of_a_log(loaded: Loader) -> None:
    job_id = failed_jobs(loaded)[0]["id"]
    load_logs(loaded, logs=f"jobs.id = '{job_id}'", log_tail=500)
    whole = loaded.simulator.world.log(job_id).whole()
    row = logs(loaded)[job_id]
    assert (row["size"], row["fetched_bytes"], row["truncated"]) == (len(whole), 500, True)
    assert lines(loaded)[job_id] == parse_log(whole[-500:])["text"].to_pylist()


def test_a_bound_on_bytes_leaves_what_does_not_fit(loaded: Loader) -> None:
    load_logs(loaded, logs="failed", max_bytes=20_000)
    fetched = logs(loaded)
    assert 0 < sum(row["fetched_bytes"] for row in fetched.values()) <= 20_000
    load_logs(loaded, logs="failed")
    assert set(logs(loaded)) == {job["id"] for job in failed_jobs(loaded)}


def test_hostile_lines_are_shown_safely(loader: Loader) -> None:
    world = loader.simulator.world
    loader.load()
    job_id = failed_jobs(loader)[0]["id"]
    attack = (
        b"<script>alert(1)</script>\r\n\x1b[2J\x1b[1;31mred\x1b[0m\r\n"
        b"\x1b]0;title\x07../../etc/passwd\r\nNUL \x00 here \xff\r\n" + b"x" * 10_000_000
    )
    world.plant_log(job_id, attack)
    load_logs(loader, logs=f"jobs.id = '{job_id}'")
    text = lines(loader)[job_id]
    assert text[:4] == [
        "<script>alert(1)</script>",
        "red",
        "../../etc/passwd",
        "NUL  here \ufffd",
    ]
    assert len(text[4]) == 8 << 20
    row = logs(loader)[job_id]
    assert (row["cut_lines"], row["cut_bytes"]) == (1, 10_000_000 - (8 << 20))


def test_a_missing_scope_is_named(loaded: Loader) -> None:
    token = loaded.simulator.add_token(scopes=["read_organizations", "read_builds"])
    with pytest.raises(PipelineStepFailed, match="read_build_logs"):
        load_logs(loaded, session=loaded.session(token))
