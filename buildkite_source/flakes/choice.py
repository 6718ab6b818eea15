"""Which failed builds are retried, and why the others are not; pure."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from buildkite_source.settings import Flakes

from .failures import FailedBuild, Failure


class Reason(StrEnum):
    """Why a failed build is left alone; the first that fits."""

    DEPLOYS = "of a pipeline that deploys, and not named with --pipeline"
    RETRIED_BY_US = "retried, rebuilt or refused by an action before"
    RETRIED_BY_HAND = "retried by somebody already"
    FOLLOWED = "followed by a newer build of its branch"
    NOTHING_FAILED = "without a failed step of its own"
    TRIGGERED = "failed by a build that it triggered"
    EXPIRED = "failed as no agent came"
    LITTLE_KNOWN = "failed by a step that too few commits tell of"
    NOT_FLAKY = "failed by a step that is not known to be flaky"
    TOO_MANY = "left for the next run"


@dataclass(slots=True)
class Choice:
    """What to retry.

    Attributes:
        chosen: Builds to retry, the newest failure first.
        left: The others, by why.
    """

    chosen: list[FailedBuild] = field(default_factory=list)
    left: dict[Reason, list[FailedBuild]] = field(default_factory=dict)


def choose(
    builds: Iterable[FailedBuild],
    settings: Flakes,
    *,
    acted_on: Container[str] = (),
    named: Container[str] = (),
) -> Choice:
    """Choose the builds that flaky steps alone failed and that nobody has retried.

    Args:
        builds: Failed builds, in the order in which they are to be retried.
        settings: What counts as known to be flaky, and how many a run.
        acted_on: Ids of builds that an action was for already.
        named: Slugs of pipelines that are retried although they deploy.
    """
    choice = Choice()
    for build in builds:
        reason = _against(build, settings, acted_on, named)
        if reason is None and len(choice.chosen) == settings.retry_flakes_most:
            reason = Reason.TOO_MANY
        if reason is None:
            choice.chosen.append(build)
        else:
            choice.left.setdefault(reason, []).append(build)
    return choice


def _against(
    build: FailedBuild, settings: Flakes, acted_on: Container[str], named: Container[str]
) -> Reason | None:
    of_build = (
        (Reason.DEPLOYS, build.deploys and build.pipeline not in named),
        (Reason.RETRIED_BY_US, build.build_id in acted_on),
        (Reason.RETRIED_BY_HAND, build.attempts_by_hand > 0),
        (Reason.FOLLOWED, build.is_followed),
        (Reason.NOTHING_FAILED, not build.failures),
    )
    of_steps = (_of_step(failure, settings) for failure in build.failures)
    found = [reason for reason, holds in of_build if holds]
    found += sorted({reason for reason in of_steps if reason}, key=list(Reason).index)
    return found[0] if found else None


def _of_step(failure: Failure, settings: Flakes) -> Reason | None:
    if failure.type != "script":
        return Reason.TRIGGERED
    if failure.result == "expired":
        return Reason.EXPIRED
    if failure.commits < settings.retry_flakes_least:
        return Reason.LITTLE_KNOWN
    is_flaky = (failure.flaky_low or 0.0) > settings.retry_flakes_low
    return None if is_flaky else Reason.NOT_FLAKY
