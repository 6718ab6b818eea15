"""Which failed builds are chosen, and what the others are left for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlglot import exp

from buildkite_simulator import ManualClock
from buildkite_simulator.world.model import Build
from buildkite_source.answers.questions import Warehouse
from buildkite_source.flakes import FailedBuild, Failure, Reason, choose, failed_builds
from buildkite_source.settings import Flakes, SettingError
from buildkite_source.warehouse.reader import Dataset

from .planting import COMMITS, FLAKY_COMMITS

FLAKY = Failure("script", "failed", "unit", None, 24, 8, 8 / 24, 0.18)
BUILD = FailedBuild(
    build_id="b",
    organization="acme",
    pipeline="web",
    number=1,
    branch="main",
    settled_at=datetime(2026, 9, 16, tzinfo=UTC),
    is_followed=False,
    attempts_by_hand=0,
    deploys=False,
    failures=(FLAKY,),
)


@pytest.mark.with_views
@pytest.mark.usefixtures("cli")
def test_planted_flakes_are_chosen_and_what_is_broken_is_not(
    made: dict[str, Build], clock: ManualClock
) -> None:
    warehouse = Warehouse(Dataset("buildkite_pipeline", "duckdb", "buildkite_data"))
    since = clock.now() - timedelta(hours=1, minutes=30)
    found = failed_builds(warehouse, exp.true(), since, 28)
    assert {build.build_id for build in found} == {build.id for build in made.values()}
    assert found == sorted(found, key=lambda build: build.settled_at, reverse=True)
    choice = choose(found, Flakes())
    why = {build.build_id: reason for reason, of in choice.left.items() for build in of}
    assert {name: why.get(build.id) for name, build in made.items()} == {
        "flaky": None,
        "hostile": None,
        "broken": Reason.NOT_FLAKY,
        "both": Reason.NOT_FLAKY,
        "deploys": Reason.DEPLOYS,
        "retried": Reason.RETRIED_BY_HAND,
        "followed": Reason.FOLLOWED,
    }
    (failure,) = next(build for build in found if build.build_id == made["flaky"].id).failures
    assert (failure.step, failure.result, failure.flaky_commits) == (
        "unit",
        "failed",
        FLAKY_COMMITS,
    )
    assert failure.commits > COMMITS
    named = choose(found, Flakes(), named=["ship"])
    assert made["deploys"].id in {build.build_id for build in named.chosen}
    later = failed_builds(warehouse, exp.true(), found[0].settled_at, 28)
    assert later == found[:1]
    elsewhere = exp.column("pipeline_slug").eq("ship")
    assert {build.pipeline for build in failed_builds(warehouse, elsewhere, since, 28)} == {"ship"}


@pytest.mark.parametrize(
    ("reason", "build", "failure"),
    [
        (None, {}, {}),
        (Reason.DEPLOYS, {"deploys": True, "attempts_by_hand": 2}, {"commits": 1}),
        (Reason.RETRIED_BY_US, {"build_id": "acted on", "is_followed": True}, {}),
        (Reason.RETRIED_BY_HAND, {"attempts_by_hand": 1}, {}),
        (Reason.FOLLOWED, {"is_followed": True}, {}),
        (Reason.NOTHING_FAILED, {"failures": ()}, {}),
        (Reason.TRIGGERED, {}, {"type": "trigger"}),
        (Reason.EXPIRED, {}, {"result": "expired"}),
        (None, {}, {"result": "timed_out"}),
        (Reason.LITTLE_KNOWN, {}, {"commits": 19, "flaky_low": 0.9}),
        (None, {}, {"commits": 20}),
        (Reason.NOT_FLAKY, {}, {"flaky_low": 0.05}),
        (Reason.NOT_FLAKY, {}, {"commits": 20, "flaky_low": None}),
        (None, {}, {"flaky_low": 0.0501}),
    ],
    ids=str,
)
def test_each_reason(reason: Reason | None, build: dict[str, Any], failure: dict[str, Any]) -> None:
    """Of two hard failures one that speaks against a retry is enough."""
    failures = (FLAKY, replace(FLAKY, **failure))
    asked = replace(BUILD, **{"failures": failures, **build})
    choice = choose([asked], Flakes(), acted_on=["acted on"])
    assert choice.left == ({reason: [asked]} if reason else {})
    assert choice.chosen == ([] if reason else [asked])


def test_the_most_a_run() -> None:
    builds = [replace(BUILD, build_id=str(number)) for number in range(5)]
    settings = Flakes()
    settings.retry_flakes_most = 2
    choice = choose([replace(BUILD, is_followed=True), *builds], settings)
    assert choice.chosen == builds[:2]
    assert choice.left[Reason.TOO_MANY] == builds[2:]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("retry_flakes_window", 30),
        ("retry_flakes_low", 1.0),
        ("retry_flakes_low", -0.1),
        ("retry_flakes_least", 0),
        ("retry_flakes_most", 0),
        ("retry_flakes_since", "soon"),
    ],
)
def test_settings_that_make_no_sense(name: str, wrong: Any) -> None:
    settings = Flakes()
    settings.check()
    setattr(settings, name, wrong)
    with pytest.raises(SettingError, match=str(wrong)):
        settings.check()
