"""States of builds: see https://buildkite.com/docs/apis/rest-api/builds."""

# States that change by themselves. A blocked build waits for a person, perhaps for ever.
MOVING_STATES = ("creating", "scheduled", "running", "failing", "canceling")
# The same as a list in SQL.
MOVING_SQL = "({})".format(", ".join(f"'{state}'" for state in MOVING_STATES))


def is_moving(state: str | None, blocked: bool | None) -> bool:
    """Whether a build will change without anybody's doing (Builds API: `blocked` is a flag)."""
    return state in MOVING_STATES and not blocked
