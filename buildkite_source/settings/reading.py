"""What the source reads: which objects, how far back, which details, and what it does not keep."""

from typing import Any

from dlt.common.configuration import configspec
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from buildkite_source.defaults import OPEN_DAYS, SINCE


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
        exports_per_load: builds to load at once; all of them by default, 2,500 in a run of the
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
