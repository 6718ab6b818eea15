"""Asking Buildkite to do something: rows in, requests out, each key once; see docs/actions.md."""

from .destination import buildkite_actions
from .outcome import Outcome, Status
from .perform import Actor, actor_of

__all__ = ["Actor", "Outcome", "Status", "actor_of", "buildkite_actions"]
