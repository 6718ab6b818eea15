"""Every setting, by theme, as dlt's configuration specs; each is explained here and nowhere else.

`documentation.py` takes its words from here. Values come from arguments, `.dlt/config.toml`,
`.dlt/secrets.toml` and the environment, in dlt's own way.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import dlt
from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from .client import BuildkiteError, Credential, LateCredential, credential_of
from .defaults import (
    EXPORTS_PER_LOAD,
    MAX_REQUESTS,
    METRIC_TABLES_FROM,
    MOST_EVENT_BYTES,
    OPEN_DAYS,
    PAGES_PER_LOAD,
    REPLAY_SECONDS,
    SINCE,
)
from .windows import check_since

SECTIONS = ("sources", "buildkite_source")
ACTIONS_SECTIONS = (*SECTIONS, "actions")
# What an account has of its own, or not at all.
_OF_ACCOUNT = ("access_token", "private_key", "token_id")
# Of metric_windows.
WINDOWS = (7, 28, 90)
# Values of `rejected_rows`.
_KEEP_GOING, _FAIL = "keep_going", "fail"

Theme = TypeVar("Theme", bound=BaseConfiguration)


class SettingError(BuildkiteError, ValueError):
    """A setting cannot be used; the text names it."""


@configspec
class Connection(BaseConfiguration):
    """How to reach the API.

    Attributes:
        access_token: the token; a secret
        private_key: in place of a token: RSA key, as PEM text or a file, that signs a JWT for each
            request; a secret
        token_id: UUID of the token that has the public key
        base_url: REST base; the token goes to this host only
        budget_share: part of the rate limits to use; the rest is left to others
        graphql_url: GraphQL API; by default Buildkite's; the token goes there too. None for another
            `base_url`
    """

    access_token: TSecretStrValue | None = None
    private_key: TSecretStrValue | None = None
    token_id: str | None = None
    base_url: str = "https://api.buildkite.com/v2"
    budget_share: float = 0.9
    graphql_url: str | None = None

    def credential(self) -> Credential:
        """Return the access token, or what signs JWTs.

        Raises:
            BuildkiteError: There is none, or it cannot be used; its text says what to do.
        """
        return credential_of(self.access_token, self.private_key, self.token_id)

    def late_credential(self) -> Credential:
        """Return the same, which is looked at when the first request is sent."""
        return LateCredential(self.credential)

    def check(self) -> None:
        """Refuse what would fail later, and less clearly.

        Raises:
            BuildkiteError: Its text names the setting.
        """
        self.credential()
        if not self.base_url.startswith(("https://", "http://")):
            raise SettingError(
                f"The setting base_url must begin with https://, unlike {self.base_url!r}."
            )
        if not 0 < self.budget_share <= 1:
            raise SettingError(
                "The setting budget_share must be above 0 and at most 1, unlike "
                f"{self.budget_share}."
            )


@configspec
class Scope(BaseConfiguration):
    """Which objects and tables to read.

    Attributes:
        organizations: slugs to load; all the token sees by default
        pipelines: slugs to load, in each organization; all by default
        optional: resources to leave out where the token may not read them; others are an error
        catalog: resources to offer beside the core: details, logs, docs/resources.md; all by
            default, which takes dlt half a second to set up
        history: tables of which every version is kept, in `pipelines_history` and the like
        also: endpoints of your own, as `Endpoint`s; see docs/resources.md
    """

    organizations: list[str] | None = None
    pipelines: list[str] | None = None
    optional: list[str] | None = None
    catalog: list[str] | None = None
    history: list[str] | None = None
    also: list[Any] | None = None

    @property
    def slugs(self) -> dict[str, list[str]]:
        """Slugs that rows are to have, by column; any, where the list is empty."""
        return {
            "organization_slug": self.organizations or [],
            "pipeline_slug": self.pipelines or [],
        }


@configspec
class History(BaseConfiguration):
    """How far back builds are read, and how changes are followed; see docs/passes.md.

    Attributes:
        since: how far back a first run reaches: a date or a duration
        until: load history up to then only, and follow no changes
        again: read that history anew, whatever earlier loads know of it
        pages_per_load: pages of history to load at once; all of them by default, 25 in a run of
            the command line or of `load()`
        open_days: running or blocked builds created earlier are no longer followed
        recheck_days: days to read again once a day; 0 for never
        lost_requests: requests a run may spend on builds that no list returns any more
        blocked_requests: requests to spend once a day on builds that stand blocked; 0 for none
    """

    since: str = SINCE
    until: str | None = None
    again: bool = False
    pages_per_load: int | None = None
    open_days: int = OPEN_DAYS
    recheck_days: int = 7
    lost_requests: int = 50
    blocked_requests: int = 50


@configspec
class Details(BaseConfiguration):
    """What hangs on builds and jobs: which of it to fetch, and for how many requests.

    Attributes:
        logs: which logs `job_logs` takes: failed, all, or a condition in SQL on `jobs`
        log_tail: bytes from the end of each log; all of it by default
        log_raw: also keep each line as it came, in `job_log_lines.raw`
        logs_from: bucket of the private log archive, such as `s3://acme-logs`: logs come from
            there, without a request to the API; see docs/exports.md
        logs_fall_back: ask the API for logs that are not in the archive
        env_keys: names of the variables that `job_env` keeps
        env_where: which jobs `job_env` takes, in SQL on `jobs`
        annotations_by: `rest`; `graphql`; or `auto`: GraphQL while its points last, then REST
        max_age: builds and jobs created earlier get no details and no logs
        max_requests: requests for details: any in one load of your own pipeline, 500 in a run of
            the command line or of `load()`
        max_bytes: bytes of logs in one load; any by default
    """

    logs: str = "failed"
    log_tail: int | None = None
    log_raw: bool = False
    logs_from: str | None = None
    logs_fall_back: bool = True
    env_keys: list[str] | None = None
    env_where: str = "true"
    annotations_by: str = "auto"
    max_age: str = "30d"
    max_requests: int | None = None
    max_bytes: int | None = None


@configspec
class Exports(BaseConfiguration):
    """Build exports: builds past retention, from a bucket or folder; see docs/exports.md.

    Attributes:
        exports_from: bucket (`s3://`, `gs://`) or folder that holds `buildkite/build-exports/`
        exports_since: first date of the exports to read, such as 2026-01-31; all by default
        exports_until: date up to which to read them, itself left out
        exports_logs: which logs to read with them: none, failed or all
        exports_overlap: days by which a date that was read whole must lie behind the newest one
            before it is no longer listed
        exports_per_load: builds to load at once; all of them by default, 5,000 in a run of the
            command line or of `load()`
    """

    exports_from: str | None = None
    exports_since: str | None = None
    exports_until: str | None = None
    exports_logs: str = "none"
    exports_overlap: int = 90
    exports_per_load: int | None = None


@configspec
class Privacy(BaseConfiguration):
    """What is not kept.

    Attributes:
        include_secrets: also load the columns that may hold credentials
        personal_data: what becomes of personal data: keep, hash or drop; see the README
        personal_salt: key of the hashes; a secret
    """

    include_secrets: bool = False
    personal_data: str = "keep"
    personal_salt: TSecretStrValue | None = None


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
class Acting(BaseConfiguration):
    """What may be asked of Buildkite, beside reading it; see docs/actions.md.

    These stand in a section of their own, and nothing of them is taken from the sections above:
    neither the token that reads, nor the pipelines that are read.

    Attributes:
        access_token: token that actions are sent with, and nothing else; a secret
        pipelines: what may be acted on: `acme/web`, or `acme/*` for every pipeline of acme, its
            agents and new pipelines; nothing by default
        actions: which actions may be carried out, by name; none by default
        max_in_run: most actions carried out in one run
        max_an_hour: most actions carried out in an hour
        max_per_build: most actions ever carried out on one build
    """

    access_token: TSecretStrValue | None = None
    pipelines: list[str] | None = None
    actions: list[str] | None = None
    max_in_run: int = 20
    max_an_hour: int = 60
    max_per_build: int = 5

    def check(self) -> None:
        """Refuse what would allow nothing, or something else than is meant.

        Raises:
            SettingError: Its text names the setting.
        """
        for one in self.pipelines or ():
            if not re.fullmatch(r"[^/\s]+/[^/\s]+", str(one)):
                raise SettingError(
                    f"The setting {'.'.join(ACTIONS_SECTIONS)}.pipelines has {one!r}; it takes "
                    "acme/web, or acme/* for all that belongs to acme."
                )

    def credential(self) -> Credential:
        """Return what actions are sent with.

        Raises:
            SettingError: There is none; the reading token does not stand in for it.
            BuildkiteError: It cannot be used.
        """
        if not (self.access_token or "").strip():
            raise SettingError(
                "Actions need a token of their own, which reading never uses: create one with "
                "write scopes, such as write_builds, and set access_token below "
                f"[{'.'.join(ACTIONS_SECTIONS)}] in .dlt/secrets.toml, or "
                f"{'__'.join(ACTIONS_SECTIONS).upper()}__ACCESS_TOKEN. See docs/actions.md."
            )
        return credential_of(self.access_token, None, None)


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
        checked_since(self.retry_flakes_since)
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


OF_SOURCE = (Connection, Scope, History, Details, Exports, Privacy)
THEMES = (*OF_SOURCE, Runs, Views, Receiving, Flakes)
# Where a run begins from another value than a source of your own.
OF_RUN: Mapping[str, Any] = {
    "pages_per_load": PAGES_PER_LOAD,
    "max_requests": MAX_REQUESTS,
    "exports_per_load": EXPORTS_PER_LOAD,
}


def picked(theme: type[Theme], given: Mapping[str, Any]) -> Theme:
    """Return the settings of one theme out of the arguments of all."""
    return theme(**{name: given[name] for name in theme().get_resolvable_fields()})


def configured(theme: type[Theme]) -> Theme:
    """Return the settings of a theme as they are configured."""
    return resolve_configuration(theme(), sections=SECTIONS)


def acting() -> Acting:
    """Return the configured settings of actions.

    Raises:
        SettingError: One of them cannot be used; the text names it.
    """
    found = Acting()
    for name in found.get_resolvable_fields():
        # dlt would go on to the sections above: the reading token would become one that writes.
        place = ".".join((*ACTIONS_SECTIONS, name))
        kind = int if name.startswith("max_") else list
        try:
            if name == "access_token":
                value: Any = dlt.secrets.get(place, str)
            else:
                value = dlt.config.get(place, kind)
        except (ConfigValueCannotBeCoercedException, ValueError):
            form = "a number" if kind is int else 'a list, such as ["rebuild"]'
            raise SettingError(f"The setting {place} must be {form}.") from None
        if value is not None:
            setattr(found, name, value)
    found.check()
    return found


def checked_since(text: str) -> str:
    """Return a date or duration as it is, once it is known to be one.

    Raises:
        SettingError: With a message that shows the forms.
    """
    try:
        check_since(text)
    except ValueError as error:
        raise SettingError(str(error)) from None
    return text


def connection_of(account: str | None = None) -> Connection:
    """Return the configured connection.

    Args:
        account: Name below `[sources.buildkite_source.accounts]`; what it does not set is taken
            from `[sources.buildkite_source]`, but for the token.

    Raises:
        BuildkiteError: The account has no token of its own.
    """
    if not account:
        return configured(Connection)
    sections = (*SECTIONS, "accounts", account)
    connection = resolve_configuration(Connection(), sections=sections)
    # dlt would go on to another account's token, and load it under a wrong name.
    for name in _OF_ACCOUNT:
        setattr(connection, name, dlt.secrets.get(".".join((*sections, name))))
    if not (connection.access_token or connection.private_key):
        raise BuildkiteError(
            f"The account {account!r} has no access_token: set it in .dlt/secrets.toml below "
            f"[{'.'.join(sections)}], or in {'__'.join(sections).upper()}__ACCESS_TOKEN."
        )
    return connection
