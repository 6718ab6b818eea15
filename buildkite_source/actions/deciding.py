"""What is to become of a row: whether its key was carried out, may be, or has to wait."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from . import words
from .asked import Asked
from .limits import Limits
from .lookup import CannotTell, Found, Lookup
from .model import Level
from .outcome import Outcome, Status
from .sending import Sender, answered

_A_MOMENT = timedelta(microseconds=1)


class Next(Enum):
    """What is to be done with a decision."""

    NOTHING = auto()
    WRITE = auto()
    SEND = auto()


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row.

    Attributes:
        asked: What the row asks for.
        outcome: What became of it, or the claim of what is to be sent.
        before: What stood in the ledger.
        next: What is to be done.
    """

    asked: Asked
    outcome: Outcome
    before: Outcome | None
    next: Next


class Decider:
    """Decides row by row; sends nothing but reads.

    Args:
        limits: What is allowed; counts what is decided to be sent.
        lookup: Looks doubtful actions up.
        sender: Returns what sends, when one is to be sent.
        now: Returns the API's time.
        clock: Returns ours, by which rows of the ledger are ordered.
    """

    def __init__(
        self,
        limits: Limits,
        lookup: Lookup,
        sender: Callable[[], Sender],
        now: Callable[[], datetime],
        clock: Callable[[], datetime],
    ) -> None:
        self._limits = limits
        self._lookup = lookup
        self._sender = sender
        self._now = now
        self._clock = clock

    def decide(self, asked: Asked, before: Outcome | None, *, dry: bool) -> Decision:
        """Return what is to become of a row.

        Args:
            asked: What it asks for.
            before: The ledger's row of its key.
            dry: Nothing is to be sent.

        Raises:
            SettingError: There is no token for actions, or it is not accepted.
        """
        if before and (before.is_settled or before.is_doubtful):
            decided = self._of_real(asked, before, dry=dry)
            if decided:
                return decided
        problem = asked.problem or self._limits.refusal(asked, self._now())
        if not (problem or dry):
            problem = self._sender().refusal(asked)
        if problem:
            return self._noted(asked, before, Status.REFUSED, dry=dry, error=problem)
        self._limits.count(asked)
        if dry:
            return self._noted(asked, before, Status.DRY, dry=True)
        claim = self._noted(asked, before, Status.SENT, dry=False)
        return replace(claim, next=Next.SEND)

    def later_than(self, before: Outcome | None) -> datetime:
        """Return our time, or just after a row that is to be replaced."""
        now = self._clock()
        return max(now, before.fetched_at + _A_MOMENT) if before else now

    def _of_real(self, asked: Asked, before: Outcome, *, dry: bool) -> Decision | None:
        """Return what becomes of a key that was sent before; None if it surely was not done."""

        def stands(text: str) -> Decision:
            return Decision(asked, replace(before, told=text), before, Next.NOTHING)

        if not asked.problem and not _is_same(asked, before):
            # The ledger keeps the row of what the key stands for.
            row = self._row(asked, before)
            text = f"refused: its key {asked.key} stands for {words.told(before)}"
            return Decision(
                asked, replace(row, told=words.sentence(row, text)), before, Next.NOTHING
            )
        if before.is_settled:
            decided = stands(words.before(before))
            return replace(decided, outcome=replace(decided.outcome, was_before=True))
        if dry or asked.problem:
            then = asked.problem or "it is looked up before anything else happens"
            return stands(words.sentence(before, f"{Status.UNKNOWN}: {then}"))
        return self._looked_up(asked, before)

    def _looked_up(self, asked: Asked, before: Outcome) -> Decision | None:
        verdict = self._lookup.look(asked, before.requested_at)
        written = replace(before, fetched_at=self.later_than(before))
        if isinstance(verdict, Found):
            done = answered(written, verdict.answer)
            done = replace(done, answered_at=self._now(), was_before=True)
            return Decision(asked, done, before, Next.WRITE)
        error = verdict.reason if isinstance(verdict, CannotTell) else ""
        age = (self._now() - before.requested_at).total_seconds()
        if not error and age < asked.action.settles_after:
            error = (
                f"it was sent {max(0, age):.0f} s ago and nothing tells of it yet; the next run "
                f"looks again, and carries it out after {asked.action.settles_after} s"
            )
        if not error:
            return None
        doubtful = replace(written, status=Status.UNKNOWN, error=error)
        return Decision(asked, doubtful, before, Next.WRITE)

    def _noted(
        self,
        asked: Asked,
        before: Outcome | None,
        status: Status,
        *,
        dry: bool,
        error: str | None = None,
    ) -> Decision:
        outcome = replace(self._row(asked, before), status=status, dry=dry, error=error)
        return Decision(asked, outcome, before, Next.WRITE)

    def _row(self, asked: Asked, before: Outcome | None) -> Outcome:
        return Outcome(
            key=asked.key,
            action=asked.name,
            organization_slug=asked.organization,
            pipeline_slug=asked.pipeline,
            build_number=asked.number,
            job_id=asked.job_id,
            agent_id=asked.agent_id,
            fields=asked.told_fields,
            reason=asked.reason,
            requested_by=asked.requested_by,
            requested_at=self._now(),
            dry=True,
            status=Status.REFUSED,
            fetched_at=self.later_than(before),
        )


def _is_same(asked: Asked, before: Outcome) -> bool:
    """Whether a row asks for what its key stands for."""
    if asked.action.level is Level.ADDRESS and asked.told_fields != before.fields:
        return False
    return (
        asked.name,
        asked.organization,
        asked.pipeline,
        asked.number,
        asked.job_id,
        asked.agent_id,
    ) == (
        before.action,
        before.organization_slug,
        before.pipeline_slug,
        before.build_number,
        before.job_id,
        before.agent_id,
    )
