"""The chosen builds, retried: what is asked of `buildkite_source.actions`, and in which order."""

from buildkite_source.actions import Actor, Outcome, Status

from .choice import Choice
from .rows import annotation_row, retry_row


def retry(actor: Actor, choice: Choice, window_days: int, *, dry: bool) -> list[Outcome]:
    """Retry the chosen builds, and note on those that were why.

    Args:
        actor: Carries it out, each key once.
        choice: What to retry.
        window_days: Window that the figures of the choice are of.
        dry: Send nothing.

    Returns:
        What became of each retry and note.
    """
    builds = {str(retry_row(build)["key"]): build for build in choice.chosen}
    retried = actor.perform([retry_row(build) for build in builds.values()], dry=dry)
    done = [builds[outcome.key] for outcome in retried if outcome.status is Status.DONE]
    notes = [annotation_row(build, window_days) for build in done]
    return [*retried, *(actor.perform(notes, dry=dry) if notes else [])]
