"""`report --post`: what would be posted, or, with `--yes`, what became of it."""

from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime

from buildkite_source import BuildkiteError
from buildkite_source.answers.questions import Warehouse
from buildkite_source.digest import Digest, plain
from buildkite_source.load.advice import explain
from buildkite_source.load.posts import last_verdicts, remember_posts
from buildkite_source.posting import (
    Message,
    Place,
    Posting,
    check_addresses,
    message_of,
    places,
    posting_settings,
    verdicts,
    why_not,
)
from buildkite_source.printable import printable

from .acting import acting_settings
from .annotating import annotation, build_to_annotate
from .console import Voice

Say = Callable[[str], None]


def prepared(chosen: Namespace, voice: Voice) -> Posting:
    """Return the settings of posting, once every place is known to be set.

    From then on the voice never speaks their secrets.

    Raises:
        SettingError: A place is not set.
    """
    settings = posting_settings()
    check_addresses(chosen.post, settings)
    voice.secrets = [*settings.secrets, *(word for word in chosen.post if "://" in word)]
    if "annotation" in chosen.post:
        build_to_annotate(settings)
        acting_settings(voice)
    return settings


def post(
    chosen: Namespace, settings: Posting, digest: Digest, warehouse: Warehouse, voice: Voice
) -> bool:
    """Post a digest to each place that is named, or show what would be posted.

    Args:
        chosen: The arguments.
        settings: Of posting.
        digest: What to tell.
        warehouse: Knows what was posted last.
        voice: Tells the person, and no secret.

    Returns:
        Whether all went well.

    Raises:
        SettingError: A place is not set; nothing was posted.
    """
    say = voice.say
    message = message_of(digest, chosen.zone, settings.page_url)

    def of_annotation(message: Message) -> Place:
        return annotation(chosen, settings, digest, message, voice)

    named = places(chosen.post, message, plain(digest), settings, of_annotation)
    now = verdicts(digest, settings.red_below)
    last = last_verdicts(warehouse) if chosen.when == "changed" else {}
    worth = []
    for place in named:
        reason = why_not(chosen.when, now, last.get(place.key), settings.red_below)
        if not reason:
            worth.append(place)
        elif not chosen.quiet:
            say(_nothing_to(place, reason))
    well, due = [], []
    for place in worth:
        try:
            not_needed = place.post() if chosen.yes else place.foresee()
        except Exception as error:
            fails = "failed" if chosen.yes else "would fail"
            say(f"Posting to {place.name} {fails}: {_why(error, chosen)}")
            continue
        well.append(place)
        if not not_needed:
            due.append(place)
            _show(place, chosen, say)
        elif not chosen.quiet:
            say(_nothing_to(place, not_needed))
    if not chosen.yes:
        if due and not chosen.quiet:
            say("Nothing was posted: add --yes to post.")
        return len(well) == len(worth)
    remembered = chosen.when != "changed" or _remembered(well, now, chosen, say)
    return len(well) == len(worth) and remembered


def _show(place: Place, chosen: Namespace, say: Say) -> None:
    """Say that a place was posted to, or what would be."""
    if not chosen.yes:
        print(f"Would be posted to {place.name}:\n\n{printable(place.shown)}\n")  # noqa: T201
    elif not chosen.quiet:
        say(f"Posted to {place.name}.")


def _nothing_to(place: Place, why: str) -> str:
    return f"Nothing to post to {place.name}: {why}."


def _remembered(posted: list[Place], now: str, chosen: Namespace, say: Say) -> bool:
    if not posted:
        return True
    keys = [place.key for place in posted]
    target = (chosen.pipeline_name, chosen.destination, chosen.dataset)
    try:
        remember_posts(*target, keys, now, datetime.now(UTC))
    except Exception as error:
        told = _why(error, chosen)
        say(f"What was posted is not noted, so that --when changed may post it again: {told}")
        return False
    return True


def _why(error: Exception, chosen: Namespace) -> str:
    return str(error) if isinstance(error, BuildkiteError) else explain(error, chosen.destination)
