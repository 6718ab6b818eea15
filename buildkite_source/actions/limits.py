"""What may be carried out: what is allowed by name, and how much of it."""

from collections import Counter
from datetime import datetime, timedelta

from buildkite_source.settings import ACTIONS_SECTIONS, Acting, SettingError

from .asked import Asked
from .definitions import ACTIONS
from .ledger import BuildOf, Ledger

_SECTION = f"[{'.'.join(ACTIONS_SECTIONS)}]"
_AN_HOUR = timedelta(hours=1)


class Limits:
    """Counts what a run carries out, beside what the ledger has, and says what is too much.

    Args:
        settings: What is allowed.
        ledger: What was carried out before.

    Raises:
        SettingError: An action is allowed that there is not.
    """

    def __init__(self, settings: Acting, ledger: Ledger) -> None:
        unknown = [name for name in settings.actions or () if name not in ACTIONS]
        if unknown:
            raise SettingError(
                f"The setting actions in {_SECTION} has {', '.join(map(repr, unknown))}; there are "
                f"{', '.join(ACTIONS)}."
            )
        self._settings = settings
        self._ledger = ledger
        self._in_run = 0
        self._in_hour: int | None = None
        self._by_build: Counter[BuildOf] | None = None

    def refusal(self, asked: Asked, now: datetime) -> str:
        """Return why an action may not be carried out now, or ""."""
        return self._forbidden(asked) or self._too_much(asked, now)

    def count(self, asked: Asked) -> None:
        """Take note that an action is carried out, or would be."""
        self._in_run += 1
        if self._by_build is not None:
            self._by_build[_build(asked)] += 1

    def _forbidden(self, asked: Asked) -> str:
        # All of it at once: who has set up nothing need not try again and again.
        wanting = []
        if asked.name not in (self._settings.actions or ()):
            wanting.append(f"{asked.name} is not allowed: add it to the setting actions")
        every, allowed = f"{asked.organization}/*", self._settings.pipelines or ()
        # Agents and new pipelines belong to no pipeline that could be named.
        own = f"{asked.organization}/{asked.pipeline}" if asked.pipeline else every
        if every not in allowed and own not in allowed:
            wanting.append(f"{own} is not allowed: add it to the setting pipelines")
        return f"{'; '.join(wanting)} in {_SECTION}" if wanting else ""

    def _too_much(self, asked: Asked, now: datetime) -> str:
        settings = self._settings
        if self._in_run >= settings.max_in_run:
            return f"a run carries out {settings.max_in_run} at most (max_in_run)"
        if self._in_hour is None:
            self._in_hour = self._ledger.real_since(now - _AN_HOUR)
        if self._in_hour + self._in_run >= settings.max_an_hour:
            return f"{settings.max_an_hour} are carried out in an hour at most (max_an_hour)"
        if asked.number is not None:
            if self._by_build is None:
                self._by_build = self._ledger.real_by_build()
            if self._by_build[_build(asked)] >= settings.max_per_build:
                most = settings.max_per_build
                return f"{most} are carried out on one build at most (max_per_build)"
        return ""


def _build(asked: Asked) -> BuildOf:
    return asked.organization, asked.pipeline, asked.number
