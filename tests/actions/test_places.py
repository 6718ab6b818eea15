"""The ledger wherever the warehouse is, and beside whatever else the pipeline has."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import pytest

from buildkite_source.actions import Status, actor_of
from buildkite_source.actions.asked import asked
from buildkite_source.actions.ledger import Ledger
from buildkite_source.actions.sending import Sender
from buildkite_source.load.guards import BusyError, one_at_a_time
from buildkite_source.warehouse.stored import rows_for
from tests.destinations.server import PostgresServer

from .conftest import Acts, of
from .test_each_action import Killed


def wanted(act: Acts, *keys: str) -> list[dict[str, Any]]:
    builds = act.builds("passed")
    return [
        {"key": key, "action": "rebuild", **of(build)}
        for key, build in zip(keys, builds, strict=False)
    ]


def statuses(act: Acts) -> dict[str, str]:
    pipeline = act.pipeline()
    pipeline.sync_destination()
    return dict(rows_for(pipeline, "SELECT key, status FROM actions"))


def forget(act: Acts) -> None:
    """Act from another machine, which has nothing but the destination."""
    act.pipeline().drop()


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


def goes_well(act: Acts, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = wanted(act, "a", "b", "c")
    assert {one.status for one in act(*rows[:2], dry=True)} == {Status.DRY}
    assert statuses(act) == {"a": "dry", "b": "dry"}
    forget(act)
    assert [one.status for one in act(*rows[:2])] == [Status.DONE, Status.DONE]
    with monkeypatch.context() as patch:
        patch.setattr(Sender, "send", _die)
        with pytest.raises(Killed):
            act(*rows)
    forget(act)
    assert statuses(act) == {"a": "done", "b": "done", "c": "sent"}
    assert [one.status for one in act(*rows)] == [Status.DONE, Status.DONE, Status.UNKNOWN]
    act.later(61)
    forget(act)
    assert [one.status for one in act(*rows)] == [Status.DONE] * 3
    assert len(act.writes) == 3
    assert set(statuses(act).values()) == {"done"}


def _die(*_: Any) -> None:
    raise Killed


@pytest.mark.slow
def test_in_files(act: Acts, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    act.destination = dlt.destinations.filesystem((workspace / "bucket").as_uri())
    goes_well(act, monkeypatch)


@pytest.mark.slow
def test_in_delta(act: Acts, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    act.destination = dlt.destinations.filesystem((workspace / "bucket").as_uri())
    act.pipeline().run(act.loader.source(catalog=[]), table_format="delta")
    goes_well(act, monkeypatch)


@pytest.mark.slow
def test_in_postgres(act: Acts, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    act.destination = dlt.destinations.postgres(postgres.url)
    goes_well(act, monkeypatch)
    # Two runs that have both found nothing: one of them claims.
    (row,) = wanted(act, "d")
    with act.actor() as actor:
        claim = actor._decider.decide(asked(row), None, dry=False).outcome
        assert actor.ledger.claim([(claim, None)]) == {"d"}
        assert Ledger(act.pipeline()).claim([(claim, None)]) == set()


def test_beside_what_is_loaded_and_what_waits(act: Acts, monkeypatch: pytest.MonkeyPatch) -> None:
    loader, rows = act.loader, wanted(act, "a", "b")
    # Nothing is loaded yet: the schema of the source is the default one all the same.
    loader.forget()
    assert act(rows[0])[0].status is Status.DONE
    assert act.pipeline().default_schema_name == "buildkite_source"
    names = ("organizations", "pipelines")
    pipeline = loader.load_only(*names)
    loads = pipeline.last_trace.last_load_info.loads_ids
    before = loader.rows_of_each(*names)
    assert all(before)
    # What waits to be loaded stays as it is.
    pipeline.extract(loader.source(catalog=[]).with_resources(*names))
    waiting = pipeline.list_extracted_load_packages()
    assert act(rows[1])[0].status is Status.DONE
    assert act.pipeline().list_extracted_load_packages() == waiting
    assert loader.rows_of_each(*names) == before
    assert act.pipeline().last_trace.last_load_info.loads_ids == loads
    loader.load_only(*names)
    assert set(act.ledger()) == {"a", "b"}
    assert [len(rows) for rows in loader.rows_of_each(*names)] == [len(rows) for rows in before]


def test_while_another_run_is_under_way_nothing_is_sent(act: Acts) -> None:
    (row,) = wanted(act, "a")
    errors: list[BaseException] = []

    def other() -> None:
        try:
            act(row)
        except BusyError as error:
            errors.append(error)

    with one_at_a_time("loader"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert [type(error) for error in errors] == [BusyError]
    assert not act.writes


def test_the_reading_token_is_never_taken_for_that_of_actions(
    act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = "SOURCES__BUILDKITE_SOURCE__"
    monkeypatch.setenv(f"{prefix}ACCESS_TOKEN", act.loader.simulator.token)
    monkeypatch.setenv(f"{prefix}BASE_URL", act.loader.simulator.base_url)
    monkeypatch.setenv(f"{prefix}PIPELINES", '["lumen-freight/*"]')
    monkeypatch.setenv(f"{prefix}ACTIONS__ACTIONS", '["rebuild"]')
    (row,) = wanted(act, "a")
    with actor_of(act.pipeline()) as actor:
        (outcome,) = actor.perform([row], dry=False)
        # What is read is not what may be acted on.
        assert "setting pipelines" in outcome.told
    monkeypatch.setenv(f"{prefix}ACTIONS__PIPELINES", '["lumen-freight/*"]')
    with actor_of(act.pipeline()) as actor, pytest.raises(ValueError, match="a token of their own"):
        actor.perform([row], dry=False)
    assert not act.writes
