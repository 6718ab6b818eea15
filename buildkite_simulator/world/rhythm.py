"""How busy a working week is, hour by hour."""

from buildkite_simulator.instants import DAY, HOUR

_HOURS = (1, 1, 1, 1, 1, 2, 5, 16, 48, 82, 100, 96, 62, 78, 98, 100, 92, 70, 40, 22, 14, 9, 5, 2)
_WEEKDAYS = (0.92, 1.0, 1.0, 0.97, 0.78, 0.10, 0.08)


def busyness(at: int) -> float:
    """Return how busy an instant is, from 0 (Sunday night) to 1 (Tuesday at eleven)."""
    weekday = (at // DAY + 3) % 7
    return _WEEKDAYS[weekday] * _HOURS[at % DAY // HOUR] / 100


AVERAGE_BUSYNESS = sum(_WEEKDAYS) / 7 * sum(_HOURS) / 2400
