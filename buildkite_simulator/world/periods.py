"""The periods Test Engine can look back over."""

from buildkite_simulator.instants import DAY, HOUR

PERIODS = {
    "1hour": HOUR,
    "4hours": 4 * HOUR,
    "1day": DAY,
    "7days": 7 * DAY,
    "14days": 14 * DAY,
    "28days": 28 * DAY,
}
DEFAULT_FLAKY_PERIOD = "7days"
