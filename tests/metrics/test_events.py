"""States of agents and jobs from events, as they were sent: late, twice, in any order, or not."""

from typing import Any

from .warehouse import Warehouse, at


def event(number: int, name: str, minute: float | None, received: float, **fields: Any) -> Any:
    occurred = None if minute is None else at(minute)
    times = {"occurred_at": occurred, "received_at": at(received), "fetched_at": at(received)}
    return {"id": f"e{number}", "event": name, **times, **fields}


def test_an_agent_from_its_connection_to_its_loss(warehouse: Warehouse) -> None:
    agent = {"agent_id": "a", "agent_name": "one", "organization_slug": "acme"}
    other = {"agent_id": "b", "agent_name": "two"}
    events = [
        event(1, "agent.lost", 30, 31, **agent),
        event(2, "agent.connected", 10, 40, **agent),
        event(3, "agent.connected", 10, 41, agent_connection_state="stopping", **agent),
        # Neither of its times was sent; the copy that came later tells nothing new.
        event(4, "agent.stopping", None, 5, **other),
        event(5, "agent.stopping", None, 6, **other),
        event(6, "agent.stopped", None, 8, **other),
        event(7, "build.finished", 3, 3, build_id="b"),
    ]
    warehouse.fill({"events": events})
    columns = ("agent_id", "state", "since_at", "until_at", "state_seconds", "agent_name")
    assert warehouse.view("metric_agent_states", columns) == [
        ("a", "connected", at(10), at(30), 1200.0, "one"),
        ("a", "lost", at(30), None, None, "one"),
        ("b", "stopped", at(8), None, None, "two"),
        ("b", "stopping", at(5), at(8), 180.0, "two"),
    ]


def test_a_job_from_its_wait_to_its_end(warehouse: Warehouse) -> None:
    job = {"job_id": "j", "build_id": "b", "pipeline_slug": "web", "job_step_key": "unit"}
    events = [
        event(1, "job.finished", 9, 9, **job),
        event(2, "job.started", 4, 5, **job),
        event(3, "job.scheduled", 1, 2, **job),
        event(4, "job.promised_exit_status", 8, 8, **job),
        # Its state was a later one by the time it was sent: another event, the same moment.
        event(5, "job.scheduled", 1, 6, job_state="running", **job),
        event(6, "job.finished", 4, 4, job_id="instant"),
        event(7, "job.started", 4, 4, job_id="instant"),
    ]
    warehouse.fill({"events": events})
    columns = ("job_id", "since_at", "state", "state_seconds", "step_key")
    assert warehouse.view("metric_job_states", columns) == [
        ("instant", at(4), "finished", None, None),
        ("instant", at(4), "started", 0.0, None),
        ("j", at(1), "scheduled", 180.0, "unit"),
        ("j", at(4), "started", 240.0, "unit"),
        ("j", at(8), "promised_exit_status", 60.0, "unit"),
        ("j", at(9), "finished", None, "unit"),
    ]
