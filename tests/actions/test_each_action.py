"""Every action, against the simulator's rules: done once, looked at, refused, in doubt."""

from typing import Any

import pytest

from buildkite_source.actions import Actor, Status
from buildkite_source.actions.definitions import ACTIONS
from buildkite_source.actions.ledger import Ledger
from buildkite_source.actions.lookup import _WAYS
from buildkite_source.actions.sending import Sender

from .cases import CASES
from .conftest import ENV_SECRET, ORGANIZATION, Acts, of

KEY = "test/1"


class Killed(BaseException):
    """Stands for `kill -9`: nothing of ours catches it."""


def test_every_action_has_a_case_and_a_way_to_be_looked_up() -> None:
    names = [case.name for case in CASES]
    assert [*names, "api"] == [*ACTIONS] == [*_WAYS]


def test_each_is_looked_at_then_done_and_never_again(act: Acts) -> None:
    rows = [case.asks(act) for case in CASES]
    act.loader.simulator.requests.clear()

    looked_at = act(*rows, dry=True)
    assert not act.loader.simulator.requests
    for case, row, outcome in zip(CASES, rows, looked_at, strict=True):
        assert outcome.status is Status.DRY, outcome
        assert outcome.told.endswith("would be done")
        assert not case.done(act, row), case.name

    made = act(*rows)
    for case, row, outcome, write in zip(CASES, rows, made, act.writes, strict=True):
        assert (outcome.status, outcome.http_status) == (Status.DONE, case.status), outcome
        assert case.done(act, row) == 1, case.name
        assert write.method == ACTIONS[case.name].method

    again = act(*rows)
    assert all("before, and not again" in outcome.told for outcome in again)
    assert len(act.writes) == len(CASES)
    ledger = act.ledger()
    for case, outcome in zip(CASES, made, strict=True):
        kept = ledger[case.key]
        assert (kept["status"], kept["dry"], kept["action"]) == ("done", False, case.name)
        assert kept["answered_at"] is not None
        assert (kept["answer_id"], kept["answer_url"]) == (outcome.answer_id, outcome.answer_url)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(True, id="before the answer"),
        pytest.param(False, id="before the request", marks=pytest.mark.slow),
    ],
)
def test_each_that_was_killed_is_looked_up_and_then_done_once(
    act: Acts, sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [case.asks(act) for case in CASES]
    act.loader.simulator.requests.clear()
    with act.actor() as actor:
        for row in rows:
            _kill(actor, row, monkeypatch, sent=sent)
    ledger = act.ledger()
    assert {ledger[row["key"]]["status"] for row in rows} == {"sent"}
    assert len(act.writes) == sent * len(CASES)

    for soon in act(*rows):
        assert soon.status is (Status.DONE if sent else Status.UNKNOWN), soon
    assert len(act.writes) == sent * len(CASES)
    act.later(61)
    for later in act(*rows):
        in_doubt = not sent and later.action == "retry_failed_jobs"
        assert later.status is (Status.UNKNOWN if in_doubt else Status.DONE), later
    act.later(240)
    settled = act(*rows)
    ledger = act.ledger()
    for later, case, row in zip(settled, CASES, rows, strict=True):
        assert later.status is Status.DONE, later
        assert ledger[case.key]["status"] == "done"
        assert case.done(act, row) == 1, case.name
    assert len(act.writes) == len(CASES)

    # What reads never writes, and what writes asks for nothing but its scopes.
    writing = f"Bearer {act.writing}"
    for request in act.loader.simulator.requests:
        is_own = request.headers["authorization"] == writing
        assert is_own is (request.method != "GET" or request.path.endswith("/access-token"))


def test_an_answer_that_does_not_come_leaves_it_unknown_and_is_not_asked_for_again(
    act: Acts,
) -> None:
    faults = act.loader.simulator.faults
    builds = act.builds("passed")[:4]
    kinds = ("status", "reset", "truncate", "body")
    rows = [
        {"key": kind, "action": "rebuild", **of(one)}
        for kind, one in zip(kinds, builds, strict=True)
    ]
    for kind in kinds:
        # The last is a page of a proxy, by which nothing was passed on.
        faults.add(match="/rebuild", kind=kind, claim_full_length=True, body=b"<html>")
    for outcome in act(*rows):
        assert outcome.status is Status.UNKNOWN
        assert "not repeated" in outcome.told or "not the API's" in outcome.told
    assert len(act.writes) == len(rows)
    act.later(61)
    for outcome, row in zip(act(*rows), rows, strict=True):
        assert outcome.status is Status.DONE
        assert CASES[1].done(act, row) == 1


def test_a_full_window_is_waited_for(act: Acts) -> None:
    act.loader.simulator.faults.add(kind="rate_limit", match="/rebuild", reset=20)
    outcome = act.one(key=KEY, action="rebuild", **of(act.builds("passed")[0]))
    assert outcome.status is Status.DONE
    assert act.loader.clock.slept >= 20


def test_retries_that_appear_later_are_waited_for(
    act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    act.loader.simulator.switches.retries_appear_after = 90.0
    (case,) = [one for one in CASES if one.name == "retry_failed_jobs"]
    row = case.asks(act)
    with act.actor() as actor:
        _kill(actor, row, monkeypatch, sent=True)
    assert act(row)[0].status is Status.UNKNOWN
    act.later(100)
    assert act(row)[0].status is Status.DONE
    assert case.done(act, row) == 1
    assert len(act.writes) == 1


def _refused_by_the_api(act: Acts) -> list[tuple[dict[str, Any], int, str]]:
    passed = of(act.builds("passed")[0])
    canceled = act.builds("canceled")[0]
    jobs = [job for job in act.builds("passed")[0]["jobs"] if job["type"] == "script"]
    gone = {**passed, "number": 999_999}
    old = next(job for job in canceled["jobs"] if job["type"] == "script")
    return [
        ({"action": "cancel", **passed}, 422, "422"),
        ({"action": "retry_job", **passed, "job_id": jobs[0]["id"]}, 400, "Only failed"),
        ({"action": "unblock_job", **passed, "job_id": jobs[0]["id"]}, 400, "cannot be unblocked"),
        ({"action": "retry_job", **of(canceled), "job_id": old["id"]}, 422, "422"),
        ({"action": "rebuild", **gone}, 404, "not there"),
        ({"action": "pause_agent", "organization": ORGANIZATION, "agent_id": "x"}, 404, "No agent"),
    ]


def test_what_the_api_refuses_is_a_row_and_the_others_go_on(act: Acts) -> None:
    wanted = _refused_by_the_api(act)
    rows = [{"key": f"refused/{n}", **row} for n, (row, _, _) in enumerate(wanted)]
    rows.append({"key": "good", "action": "rebuild", **of(act.builds("passed")[0])})
    *refused, good = act(*rows)
    for outcome, (_, status, text) in zip(refused, wanted, strict=True):
        assert (outcome.status, outcome.http_status) == (Status.FAILED, status), outcome
        assert text in outcome.told
    assert good.status is Status.DONE
    # The thing itself is refused: the same key is not tried again.
    before = len(act.writes)
    assert all("another key" in outcome.told for outcome in act(*rows[:-1]))
    assert len(act.writes) == before
    assert {row["status"] for key, row in act.ledger().items() if key != "good"} == {"failed"}


def test_a_token_without_the_scope_or_of_nobody_is_told_and_may_be_mended(act: Acts) -> None:
    row = {"key": KEY, "action": "rebuild", **of(act.builds("passed")[0])}
    good, simulator = act.writing, act.loader.simulator
    act.writing = simulator.add_token(scopes=("write_pipelines",), user="robot")
    (outcome,) = act(row)
    assert (outcome.status, "lacks the scope write_builds" in outcome.told) == ("refused", True)
    act.writing = "bkua_of_nobody"
    with pytest.raises(ValueError, match="actions' token was not accepted") as raised:
        act(row)
    assert "bkua_of_nobody" not in str(raised.value)
    simulator.switches.user_may_archive = False
    act.writing = good
    archive = {"action": "archive_pipeline", "organization": ORGANIZATION, "pipeline": "mobile-app"}
    assert act.one(key="2", **archive).http_status == 403
    simulator.switches.user_may_archive = True
    assert act.one(key="2", **archive).status is Status.DONE
    assert act(row)[0].status is Status.DONE


def test_values_of_env_reach_the_api_and_nothing_else(act: Acts) -> None:
    pipeline = {"organization": ORGANIZATION, "pipeline": "mobile-app"}
    build = {"action": "create_build", "commit": "HEAD", "branch": "main", **pipeline}
    outcome = act.one(key=KEY, env={"TOKEN": ENV_SECRET}, **build)
    assert outcome.status is Status.DONE
    (made,) = act.get("/pipelines/mobile-app/builds", **{"commit": "HEAD"})[:1]
    assert made["env"]["TOKEN"] == ENV_SECRET
    assert outcome.fields["env"] == ["TOKEN"]
    bad = act.one(key="bad", env=ENV_SECRET, **build)
    assert bad.status is Status.REFUSED
    for told in (str(outcome), str(bad), str(act.ledger())):
        assert ENV_SECRET not in told
    assert ENV_SECRET.encode() not in act.loader.database.read_bytes()


def _kill(
    actor: Actor, row: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, sent: bool
) -> None:
    """Perform a row, and die after its request, or between its claim and its request."""

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if sent:
            patch.setattr(Ledger, "write", _written_until_sent(Ledger.write))
        else:
            patch.setattr(Sender, "send", die)
        with pytest.raises(Killed):
            actor.perform([row], dry=False)


def _written_until_sent(write: Any) -> Any:
    def written(ledger: Ledger, outcomes: Any) -> None:
        told = [*outcomes]
        if any(one.status is Status.DONE for one in told):
            raise Killed
        write(ledger, told)

    return written
