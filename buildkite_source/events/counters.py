"""What has been received, refused and loaded, counted, and as Prometheus reads it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from .inbox import Inbox

# Names of events come from outside: this many get a count of their own.
_KINDS = 50


@dataclass(slots=True)
class Counters:
    """Counts since the process began; safe to share between threads.

    Attributes:
        received: Events that were new, by name.
        duplicates: Events that were known already.
        refused: Requests and messages that were refused, by reason.
        loaded: Events that loads have taken into the tables.
        loads: Loads, by kind: events or sync.
        failures: Loads that failed.
        requests: Requests to Buildkite's API.
        lag: Seconds from the receipt of the last loaded event to the end of its load.
        first_refused: Called with a reason when it is the reason for the first time.
    """

    received: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    loaded: int = 0
    loads: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    requests: int = 0
    lag: float = 0.0
    first_refused: Callable[[str], None] | None = None
    _lock: Lock = field(default_factory=Lock)

    def receive(self, name: str, *, new: bool) -> None:
        """Count an event that is on disk."""
        with self._lock:
            if not new:
                self.duplicates += 1
                return
            known = name in self.received or len(self.received) < _KINDS
            self.received[name if known else "other"] += 1

    def refuse(self, reason: str) -> None:
        """Count what was refused."""
        with self._lock:
            self.refused[reason] += 1
            is_first = self.refused[reason] == 1
        if is_first and self.first_refused:
            self.first_refused(reason)

    def text(self, inbox: Inbox, now: float) -> str:
        """Return all of it in Prometheus' text format."""
        count, oldest = inbox.waiting()
        with self._lock:
            received = {"event": sorted(self.received.items())}
            refused = {"reason": sorted(self.refused.items())}
            loads = {"kind": sorted(self.loads.items())}
        lines: list[str] = []
        _labelled(lines, "events_received_total", "New events on disk", received)
        _plain(lines, "events_duplicate_total", "Events known already", self.duplicates)
        _labelled(lines, "events_refused_total", "Requests and messages refused", refused)
        _plain(lines, "events_loaded_total", "Events in the tables", self.loaded)
        _plain(lines, "events_waiting", "Events on disk and not loaded", count, "gauge")
        age = now - oldest if oldest is not None else 0.0
        _plain(lines, "events_oldest_waiting_seconds", "Age of the oldest of them", age, "gauge")
        _plain(lines, "events_lag_seconds", "From receipt to row, last load", self.lag, "gauge")
        _labelled(lines, "loads_total", "Loads", loads)
        _plain(lines, "load_failures_total", "Loads that failed", self.failures)
        _plain(lines, "api_requests_total", "Requests to Buildkite's API", self.requests)
        return "\n".join(lines) + "\n"


def _plain(lines: list[str], name: str, meaning: str, value: float, kind: str = "counter") -> None:
    full = f"buildkite_pipeline_{name}"
    lines += [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}", f"{full} {value}"]


def _labelled(
    lines: list[str], name: str, meaning: str, values: dict[str, list[tuple[str, int]]]
) -> None:
    full = f"buildkite_pipeline_{name}"
    lines += [f"# HELP {full} {meaning}", f"# TYPE {full} counter"]
    for label, counts in values.items():
        for value, count in counts:
            text = value.replace("\\", r"\\").replace('"', r"\"")
            lines.append(f'{full}{{{label}="{text}"}} {count}')
