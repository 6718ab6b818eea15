"""What actions are asked for: the retry of a build's failed jobs, and a note on the build."""

from collections.abc import Iterator
from typing import Any

from buildkite_source.answers.numbers import count, percent
from buildkite_source.printable import code_span, one_line

from .failures import FailedBuild, Failure

KEYS = "retry-flakes/"
_CONTEXT = "retry-flakes"
# Names of builds have no bounds; an annotation has.
_LONGEST_NAME = 200


def retry_row(build: FailedBuild) -> dict[str, Any]:
    """Return the action that retries the failed jobs of a build, once and for all."""
    states = sorted({failure.result for failure in build.failures})
    return {
        "key": f"{KEYS}{build.build_id}",
        "action": "retry_failed_jobs",
        **_of(build),
        "states": ",".join(states),
        "reason": f"failed only by steps known to be flaky: {len(build.failures)}",
    }


def annotation_row(build: FailedBuild, window_days: int) -> dict[str, Any]:
    """Return the action that notes on a build why it was retried.

    Args:
        build: The build; names in it are hostile, and are code in what is written.
        window_days: Window that the figures are of.
    """
    return {
        "key": f"{KEYS}{build.build_id}/annotation",
        "action": "annotate",
        **_of(build),
        "context": _CONTEXT,
        "style": "info",
        "body": "\n".join(_lines(build, window_days)) + "\n",
        "reason": "what was retried, and why",
    }


def told(failure: Failure) -> str:
    """Return a step's name on one line, with its place among parallel jobs; hostile text."""
    name = one_line(failure.step)
    name = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
    index = failure.parallel_group_index
    return name if index is None else f"{name} #{index}"


def _of(build: FailedBuild) -> dict[str, Any]:
    return {
        "organization": build.organization,
        "pipeline": build.pipeline,
        "number": build.number,
    }


def _lines(build: FailedBuild, window_days: int) -> Iterator[str]:
    yield (
        "The failed jobs of this build were retried, once: each of their steps is known to be "
        f"flaky, that is to fail and to pass at the same commit. Last {window_days} days:"
    )
    yield ""
    yield "| Step | Flaky commits | Commits | Share | At least (95 %) |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for failure in build.failures:
        figures = (
            count(failure.flaky_commits),
            count(failure.commits),
            percent(failure.flaky_rate),
            percent(failure.flaky_low),
        )
        yield f"| {code_span(told(failure))} | {' | '.join(figures)} |"
