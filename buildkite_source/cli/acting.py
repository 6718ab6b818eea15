"""`act`, `build`, `rebuild`, `retry`, `cancel`: what is asked for, shown, or done with `--yes`."""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from buildkite_source.actions import Actor, Outcome, Status, actor_of
from buildkite_source.actions.following import follow
from buildkite_source.load.recovery import opened
from buildkite_source.printable import one_line
from buildkite_source.settings import Acting, Connection, acting

from .act_rows import rows_of
from .console import Voice
from .waits import tell_waits

_WIDTH_OF_LOGS = 1_000


def act(chosen: Namespace, connection: Connection, voice: Voice) -> int:
    """Show what a command asks for, do it with `--yes`, and return the exit code.

    It is 1 where an action was refused, failed, or stays in doubt; with `--wait`, by the build.

    Raises:
        BuildkiteError: Nothing can be read, or there is no token for actions.
    """
    settings = acting_settings(voice)
    rows = rows_of(chosen)
    with actor_for(chosen, connection, settings, voice) as actor:
        outcomes = actor.perform(rows, dry=not chosen.yes)
    _show(outcomes, chosen, voice)
    if any(outcome.went_wrong for outcome in outcomes):
        return 1
    if chosen.wait and chosen.yes:
        return _follow(actor, outcomes[0], chosen, voice)
    return 0


def acting_settings(voice: Voice) -> Acting:
    """Return the settings of actions, of which the voice never speaks the token.

    Raises:
        SettingError: One of them cannot be used.
    """
    settings = acting()
    voice.secrets.append((settings.access_token or "").strip())
    return settings


@contextmanager
def actor_for(
    chosen: Namespace,
    connection: Connection,
    settings: Acting,
    voice: Voice,
    requested_by: str | None = None,
) -> Iterator[Actor]:
    """Open what acts for a command, with its ledger where the arguments say.

    Raises:
        BuildkiteError: As of `actor_of`.
    """
    target = {"destination": chosen.destination, "dataset_name": chosen.dataset}
    with (
        opened(chosen.pipeline_name, **target) as pipeline,
        actor_of(
            pipeline,
            connection=connection,
            settings=settings,
            requested_by=requested_by,
            listener=tell_waits(voice, quiet=chosen.quiet),
        ) as actor,
    ):
        yield actor


def _follow(actor: Actor, done: Outcome, chosen: Namespace, voice: Voice) -> int:
    """Follow the build; the ledger and its file are others' again meanwhile."""
    end = follow(actor.reading, done, (lambda _: None) if chosen.quiet else voice.say)
    if end.blocked and not chosen.quiet:
        voice.say("It waits for somebody to unblock it, and is not waited for.")
    return 0 if end.is_good else 1


def _show(outcomes: Sequence[Outcome], chosen: Namespace, voice: Voice) -> None:
    wrong = [outcome for outcome in outcomes if outcome.went_wrong]
    if chosen.quiet:
        if wrong:
            voice.say("\n".join(outcome.told for outcome in wrong))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("key", "action", "target", "what became of it"):
        table.add_column(name, overflow="fold")
    for outcome in outcomes:
        start = f"{outcome.action or '(no action)'} {outcome.target}: "
        told = outcome.told.removeprefix(one_line(start) + " ")
        cells = (outcome.key, outcome.action, outcome.target, told)
        # Names are others': no mark-up of theirs counts.
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    # In a log, each action is a line that can be searched for.
    width = None if sys.stdout.isatty() else _WIDTH_OF_LOGS
    console = Console(width=width, highlight=False, markup=False)
    console.print(table)
    kinds = [f"{status}{then}" for status in Status for then in ("", " before")]
    counts = Counter(f"{one.status}{' before' if one.was_before else ''}" for one in outcomes)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts[kind])
    print(f"Actions: {told or 'none asked for'}.")  # noqa: T201
    links = [outcome.answer_url for outcome in outcomes if outcome.answer_url]
    if chosen.yes and links:
        print("\n".join(map(one_line, links)))  # noqa: T201
    if not chosen.yes:
        print(not_sent(outcomes))  # noqa: T201


def not_sent(outcomes: Sequence[Outcome]) -> str:
    """Return what to say below a dry run: whether `--yes` would send anything."""
    would = any(outcome.status is Status.DRY for outcome in outcomes)
    return "Nothing was sent." + (" With --yes it is." if would else "")
