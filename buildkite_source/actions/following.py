"""A build followed to its end: one lean request a look, at growing intervals, for some hours."""

from collections.abc import Callable
from dataclasses import dataclass

from buildkite_source.client import BuildkiteError, BuildkiteSession
from buildkite_source.printable import one_line

from .outcome import Outcome

_FIRST, _LONGEST, _GROWTH = 5.0, 60.0, 1.5
_BOUND = 6 * 3600.0
# Retried jobs may begin later than the API answers; until then their build has its old end.
_REOPENS_WITHIN = 120.0
_ENDS = frozenset({"passed", "failed", "canceled", "skipped", "not_run"})
_LEAN = "exclude_jobs=true&exclude_pipeline=true"


@dataclass(frozen=True, slots=True)
class End:
    """How a build stands at the end.

    Attributes:
        state: As the API has it.
        blocked: It waits at a block step, which only people end.
        told: A sentence of it.
    """

    state: str
    blocked: bool
    told: str

    @property
    def is_good(self) -> bool:
        """Whether it passed, or has passed as far as its block step."""
        return self.state in ("passed", "blocked")


def follow(session: BuildkiteSession, done: Outcome, tell: Callable[[str], None]) -> End:
    """Look at the build that an action has made or changed until it ends or stands blocked.

    Args:
        session: Of the token that reads.
        done: What became of the action.
        tell: Hears of each new state, in a sentence.

    Raises:
        BuildkiteError: It does not end within six hours, or cannot be read.
    """
    number = done.answer_number or done.build_number
    place = f"{done.organization_slug}/{done.pipeline_slug}"
    path = f"organizations/{done.organization_slug}/pipelines/{done.pipeline_slug}/builds/{number}"
    # One that is retried had ended before.
    has_moved = done.action != "retry_failed_jobs"
    begun, wait, last = session.clock.monotonic(), _FIRST, ""
    while (waited := session.clock.monotonic() - begun) < _BOUND:
        state, blocked = _look(session, path)
        told = one_line(f"{place} #{number}: {state}{', at a block step' if blocked else ''}")
        has_moved = has_moved or state not in _ENDS or waited >= _REOPENS_WITHIN
        if told != last and has_moved:
            tell(told)
            last = told
        if has_moved and (blocked or state in _ENDS or state == "blocked"):
            return End(state, blocked, told)
        session.clock.sleep(wait)
        wait = min(wait * _GROWTH, _LONGEST)
    raise BuildkiteError(f"{place} #{number} did not end within six hours; it is left to itself.")


def _look(session: BuildkiteSession, path: str) -> tuple[str, bool]:
    (build,) = session.ask(f"{path}?{_LEAN}", "read_builds").json()
    return str(build.get("state")), bool(build.get("blocked"))
