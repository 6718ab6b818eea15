"""Events that Buildkite sends: received, checked, kept on disk until they are loaded. No dlt."""

from .event import FINISHED, Event, MalformedEventError, event_of
from .hint import Hint, hints_of
from .inbox import Inbox

__all__ = ["FINISHED", "Event", "Hint", "Inbox", "MalformedEventError", "event_of", "hints_of"]
