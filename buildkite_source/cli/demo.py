"""The demo: the built-in local API of a made-up company, for as long as one run takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from buildkite_source.settings import Connection

# A present that stands still: every demo run meets the same company with the same builds.
_PRESENT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@contextmanager
def demo_api() -> Iterator[Connection]:
    """Serve the demo company on a free local port and give the connection to it."""
    from buildkite_simulator import ManualClock, Simulator, WorldConfig

    with Simulator(WorldConfig.demo(), clock=ManualClock(_PRESENT)) as simulator:
        connection = Connection()
        connection.access_token = simulator.token
        connection.base_url = simulator.base_url
        connection.graphql_url = simulator.graphql_url
        yield connection
