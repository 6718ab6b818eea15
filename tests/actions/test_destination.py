"""A dlt pipeline whose destination carries its rows out."""

from collections.abc import Callable
from typing import Any

import dlt
import pytest

from buildkite_source.actions import Outcome, Status, buildkite_actions
from buildkite_source.settings import Acting, Connection

from .conftest import ENV_SECRET, ORGANIZATION, Acts, of


@pytest.fixture
def act_by(act: Acts) -> Callable[..., list[Outcome]]:
    heard: list[Outcome] = []

    def run(*rows: dict[str, Any], token: str | None = None, **rest: Any) -> list[Outcome]:
        heard.clear()
        destination = buildkite_actions(
            act.pipeline(),
            connection=Connection(
                access_token=act.loader.simulator.token, base_url=act.loader.simulator.base_url
            ),
            settings=Acting(
                access_token=act.writing if token is None else token,
                pipelines=[f"{ORGANIZATION}/*"],
                actions=["rebuild", "create_build"],
            ),
            on_outcome=heard.append,
            **rest,
        )
        dlt.pipeline("act", destination=destination).run(list(rows), table_name="wanted")
        return [*heard]

    return run


def test_rows_are_carried_out_once_and_a_bad_one_stops_no_other(
    act: Acts, act_by: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = {"organization": ORGANIZATION, "pipeline": "mobile-app"}
    build = {**pipeline, "commit": "HEAD", "branch": "main", "env": {"A-b": ENV_SECRET}}
    rows = (
        {"key": "a", "action": "rebuild", **of(act.builds("passed")[0])},
        {"key": "bad", "action": "nonsense"},
        {"key": "c", "action": "create_build", **build, "meta_data": {"release:of": "1"}},
    )
    assert {one.status for one in act_by(*rows)} == {Status.DRY, Status.REFUSED}
    assert not act.writes
    monkeypatch.setenv("DESTINATION__BUILDKITE_ACTIONS__DRY", "false")
    for _ in range(2):
        outcomes = {one.key: one.status for one in act_by(*rows)}
        assert outcomes == {"a": "done", "bad": "refused", "c": "done"}
    assert len(act.writes) == 2
    (made,) = act.get("/pipelines/mobile-app/builds", **{"meta_data[release:of]": "1"})
    assert made["env"]["A-b"] == ENV_SECRET
    assert {key: row["status"] for key, row in act.ledger().items()} == {
        "a": "done",
        "bad": "refused",
        "c": "done",
    }


def test_what_cannot_act_at_all_is_a_failure_of_the_load(
    act: Acts, act_by: Callable[..., list[Outcome]]
) -> None:
    row = {"key": "a", "action": "rebuild", **of(act.builds("passed")[0])}
    with pytest.raises(Exception, match="a token of their own"):
        act_by(row, token="", dry=False)
    assert not act.writes
