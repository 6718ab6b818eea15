"""Waits for the request budget, told where no progress is shown."""

from collections.abc import Callable

from buildkite_source.client import Event, Waiting

from .console import Voice

_LONG = 5.0


def tell_waits(voice: Voice, *, quiet: bool) -> Callable[[Event], None]:
    """Return a listener of a session that says when there is to be waited."""

    def listen(event: Event) -> None:
        if isinstance(event, Waiting) and event.seconds >= _LONG and not quiet:
            voice.say(f"Waiting {event.seconds:.0f} s: {event.reason}")

    return listen
