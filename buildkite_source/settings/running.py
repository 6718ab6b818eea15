"""What a run does beside reading: failures, views, events, retries of flakes."""

from typing import Any

from dlt.common.configuration import configspec
from dlt.common.configuration.specs import BaseConfiguration

from buildkite_source.defaults import METRIC_TABLES_FROM, MOST_EVENT_BYTES, REPLAY_SECONDS

from .theme import SettingError, checked_since

# Of metric_windows.
WINDOWS = (7, 28, 90)
# Values of `rejected_rows`.
_KEEP_GOING, _FAIL = "keep_going", "fail"


@configspec
class Runs(BaseConfiguration):
    """What a run of the command line or of `load()` does beside loading.

    Attributes:
        rejected_rows: `fail`: a run ends as a failure when an object was set aside in `rejected`
        table_format: how tables are kept in files: delta or iceberg; by default what the dataset
            has already, else plain files; see docs/destinations.md
    """

    rejected_rows: str = _KEEP_GOING
    table_format: str | None = None

    @property
    def rejected_rows_fail(self) -> bool:
        """Whether a run in which an object was set aside is a failure."""
        return self.rejected_rows == _FAIL

    def check(self) -> None:
        """Refuse a value that there is not.

        Raises:
            SettingError: Its text names the setting.
        """
        if self.rejected_rows not in (_KEEP_GOING, _FAIL):
            raise SettingError(
                f"The setting rejected_rows must be {_KEEP_GOING} or {_FAIL}, unlike "
                f"{self.rejected_rows!r}."
            )


@configspec
class Views(BaseConfiguration):
    """The metric views; see docs/metrics.md.

    Attributes:
        metric_views: make the metric views after each run
        metric_tables_from: with as many jobs, heavy metric views are kept as tables that each run
            brings up to date (DuckDB, PostgreSQL); 0: always, -1: never
        queue_prices: price of an hour of agent time, by queue
        deploying_pipelines: slugs of pipelines that deploy, beside those tagged `deploy`
        blocked_builds: what builds that stand at a block step count as in the metric views: their
            state, or `open`
        blocked_builds_by_pipeline: the same for some pipelines, by slug
    """

    metric_views: bool = True
    metric_tables_from: int = METRIC_TABLES_FROM
    queue_prices: dict[str, Any] | None = None
    deploying_pipelines: list[str] | None = None
    blocked_builds: str = "by_state"
    blocked_builds_by_pipeline: dict[str, Any] | None = None


@configspec
class Receiving(BaseConfiguration):
    """What `serve` receives events by; see docs/events.md.

    Attributes:
        webhook_tokens: tokens of the webhook services, a list; secrets
        host: address to listen on; others than this machine reach it through a proxy with TLS
        port: port to listen on
        webhook_prefix: path before `/webhook`, as a proxy passes it on
        trusted_proxies: addresses of proxies whose X-Forwarded-For tells the sender
        only_buildkite: refuse senders whose address `GET /v2/meta` does not name
        replay_seconds: how old, or ahead, the time of a signature may be
        most_event_bytes: largest body that is taken
        events_from: events from elsewhere: `sqs://QUEUE`, a file of JSON lines, or `-` for stdin
        inbox: file that holds events until they are loaded; beside the project by default
        gather_seconds: how long an event waits for others, to share requests with them
        sync_minutes: time between ordinary syncs, which find what no event told; 0 for none
    """

    webhook_tokens: list[str] | None = None
    host: str = "127.0.0.1"
    port: int = 8737
    webhook_prefix: str = ""
    trusted_proxies: list[str] | None = None
    only_buildkite: bool = False
    replay_seconds: float = REPLAY_SECONDS
    most_event_bytes: int = MOST_EVENT_BYTES
    events_from: str | None = None
    inbox: str | None = None
    gather_seconds: float = 2.0
    sync_minutes: float = 15.0

    @property
    def tokens(self) -> tuple[bytes, ...]:
        """The tokens as they are compared; a blank one would let everybody in, and is none."""
        return tuple(one.strip().encode() for one in self.webhook_tokens or () if one.strip())


@configspec
class Flakes(BaseConfiguration):
    """Which failed builds `retry-flakes` retries; see docs/actions.md.

    Attributes:
        retry_flakes_since: how long ago they may have failed: a duration
        retry_flakes_window: days that a step is known by: 7, 28 or 90
        retry_flakes_least: commits at which a step must have passed or failed in them
        retry_flakes_low: share of commits at which it did both, as a lower bound at 95 %, above
            which it is known to be flaky
        retry_flakes_most: builds to retry in one run
    """

    retry_flakes_since: str = "6h"
    retry_flakes_window: int = 28
    retry_flakes_least: int = 20
    retry_flakes_low: float = 0.05
    retry_flakes_most: int = 10

    def check(self) -> None:
        """Refuse what would retry nothing, or whatever failed.

        Raises:
            SettingError: Its text names the setting.
        """
        checked_since("retry_flakes_since", self.retry_flakes_since)
        if self.retry_flakes_window not in WINDOWS:
            raise SettingError(
                "The setting retry_flakes_window must be one of "
                f"{', '.join(map(str, WINDOWS))}, unlike {self.retry_flakes_window}."
            )
        if not 0 <= self.retry_flakes_low < 1:
            raise SettingError(
                "The setting retry_flakes_low must be at least 0 and below 1, unlike "
                f"{self.retry_flakes_low}."
            )
        for name in ("retry_flakes_least", "retry_flakes_most"):
            if getattr(self, name) < 1:
                raise SettingError(
                    f"The setting {name} must be at least 1, unlike {getattr(self, name)}."
                )
