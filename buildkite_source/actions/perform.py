"""Carries actions out: at most once a key, whatever happens in between."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from dlt import Pipeline

from buildkite_source.client import BuildkiteSession, Event, StoppedError
from buildkite_source.connection import open_session
from buildkite_source.load.guards import OpenFile, one_at_a_time
from buildkite_source.load.recovery import mend_default_schema
from buildkite_source.load.table_format import adapt_destination
from buildkite_source.settings import Acting, Connection, acting, connection_of

from . import words
from .asked import asked
from .deciding import Decider, Decision, Next
from .ledger import Ledger
from .limits import Limits
from .lookup import Lookup
from .outcome import Outcome, Status
from .sending import Sender

_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Actor:
    """Looks at rows, refuses what is not allowed, and carries out the rest, each key once.

    Made by `actor_of`.

    Args:
        ledger: What was carried out before, and is now.
        reading: Session of the token that reads; doubtful actions are looked up by it.
        settings: What may be asked.
        open_writing: Returns the session of the actions' token; called when one is to be sent.
        requested_by: Who asks, where a row does not say.
    """

    def __init__(
        self,
        ledger: Ledger,
        reading: BuildkiteSession,
        settings: Acting,
        open_writing: Callable[[], BuildkiteSession],
        requested_by: str | None = None,
    ) -> None:
        self.ledger = ledger
        self.reading = reading
        self.limits = Limits(settings, ledger)
        self._open_writing = open_writing
        self._requested_by = requested_by
        lookup = Lookup(reading, ledger.answer_ids)
        self._decider = Decider(
            self.limits, lookup, lambda: self.sender, self._now, reading.clock.now
        )

    @cached_property
    def sender(self) -> Sender:
        """What sends, by the actions' token.

        Raises:
            SettingError: There is no such token.
        """
        return Sender(self._open_writing())

    def perform(self, rows: Iterable[Mapping[str, Any]], *, dry: bool = True) -> list[Outcome]:
        """Carry out what rows ask for, in their order.

        Args:
            rows: `key`, `action`, `organization`, `pipeline`, `number`, `job_id`, `agent_id`,
                `reason`, `requested_by`, and the action's own fields; see docs/actions.md.
            dry: Send nothing: say what would be done.

        Returns:
            What became of each, which the table `actions` has as well.

        Raises:
            SettingError: There is no token for actions, or it is not accepted.
            StoppedError: The run was asked to stop; what was sent is in the ledger.
        """
        by = self._requested_by
        wanted = [asked({**row, "requested_by": row.get("requested_by") or by}) for row in rows]
        standing = self.ledger.standing(one.key for one in wanted)
        # Of rows of one key the first counts.
        first = {one.key: one for one in reversed(wanted)}
        decisions = {
            one.key: self._decider.decide(one, standing.get(one.key), dry=dry)
            for one in wanted
            if first[one.key] is one
        }
        done = {key: decision.outcome for key, decision in decisions.items()}
        of_next = {kind: [one for one in decisions.values() if one.next is kind] for kind in Next}
        self.ledger.write(one.outcome for one in of_next[Next.WRITE])
        for part in self._parts(of_next[Next.SEND]):
            done |= {outcome.key: outcome for outcome in self._carried_out(part)}
        told = {key: _told(one) for key, one in done.items()}
        return [told[one.key] for one in wanted]

    def _parts(self, ready: list[Decision]) -> list[list[Decision]]:
        """Return what is claimed at once: each by itself where a claim is a statement."""
        return [[one] for one in ready] if self.ledger.one_by_one else [ready] * bool(ready)

    def _carried_out(self, part: Sequence[Decision]) -> list[Outcome]:
        """Claim, send and write down what became of it; the claims stand before anything is sent.

        Raises:
            StoppedError: After the rest was written down as not sent.
        """
        mine = self.ledger.claim([(one.outcome, one.before) for one in part])
        answers: list[Outcome] = []
        others: list[Outcome] = []
        stopped: StoppedError | None = None
        try:
            for one in part:
                claim = one.outcome
                if claim.key not in mine:
                    text = words.sentence(claim, "left to another run, which has claimed it")
                    others.append(replace(claim, status=Status.UNKNOWN, told=text))
                    continue
                try:
                    if stopped:
                        raise stopped
                    outcome = self.sender.send(one.asked, claim)
                except StoppedError as error:
                    stopped = error
                    text = "the run was stopped before it was sent"
                    outcome = replace(claim, status=Status.FAILED, error=text)
                answers.append(replace(outcome, fetched_at=self._decider.later_than(claim)))
        finally:
            # What was claimed and has no answer is looked up by the next run.
            self.ledger.write(answers)
        if stopped:
            raise stopped
        return [*answers, *others]

    def _now(self) -> datetime:
        """Return the API's time, or ours before the API has told it."""
        sender = self.__dict__.get("sender")
        latest = self.reading.api_time
        latest = max(latest, sender.session.api_time) if sender else latest
        return latest if latest > _NO_TIME else self.reading.clock.now()


def _told(outcome: Outcome) -> Outcome:
    return outcome if outcome.told else replace(outcome, told=words.told(outcome))


@contextmanager
def actor_of(
    pipeline: Pipeline,
    *,
    connection: Connection | None = None,
    settings: Acting | None = None,
    requested_by: str | None = None,
    reading: BuildkiteSession | None = None,
    listener: Callable[[Event], None] | None = None,
) -> Iterator[Actor]:
    """Open what acts, with its ledger in the destination of a pipeline.

    Args:
        pipeline: Of the warehouse: what `buildkite-pipeline` loads into.
        connection: How to reach the API, in place of the configuration; its token only reads.
        settings: What may be asked, in place of the configuration.
        requested_by: Who asks, where a row does not say.
        reading: A session of the reading token to use, in place of a new one.
        listener: Hears of waits for the request budget, which both tokens share.

    Raises:
        BusyError: Another run of the pipeline is under way on this machine.
        SettingError: A setting cannot be used; the text names it.
    """
    connection = connection or connection_of()
    settings = settings or acting()
    # Nothing is read where nothing is in doubt: a dry run needs no token.
    late = connection.late_credential()
    session = reading or open_session(connection, credential=late)
    session.listener = listener or session.listener

    def open_writing() -> BuildkiteSession:
        writing = open_session(
            connection, credential=settings.credential(), budget=session.budget, clock=session.clock
        )
        writing.listener = session.listener
        return writing

    with one_at_a_time(pipeline.pipeline_name, pipeline.pipelines_dir), OpenFile(pipeline):
        adapt_destination(pipeline)
        pipeline.sync_destination()
        pipeline._state_restored = True  # or the ledger's first load would do it once more
        mend_default_schema(pipeline)
        yield Actor(Ledger(pipeline), session, settings, open_writing, requested_by)
