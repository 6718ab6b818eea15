"""`retry-flakes`: failed builds that flaky steps alone failed, retried once each."""

from argparse import Namespace
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from buildkite_source.answers.numbers import count, percent
from buildkite_source.flakes import (
    Choice,
    FailedBuild,
    Loaded,
    acted_on,
    choose,
    failed_builds,
    loaded,
    retry,
    told,
)
from buildkite_source.printable import one_line
from buildkite_source.settings import Flakes, SettingError, configured, connection_of, of_setting
from buildkite_source.warehouse.reader import Dataset
from buildkite_source.windows import parse_since

from .acting import acting_settings, actor_for, not_sent
from .console import Voice
from .digests import open_warehouse

_WHO = "retry-flakes"
_FRESH = timedelta(hours=1)
# Builds named behind each reason; all are counted.
_NAMED = 5


def retry_flakes(chosen: Namespace, voice: Voice) -> int:
    """Say which failed builds flaky steps alone failed, and retry them with `--yes`.

    Returns:
        The exit code: 1 where a retry was refused or failed, or its fate is not known.

    Raises:
        Exception: As `chosen_flakes`, and of actions.
    """
    target = (chosen.pipeline_name, chosen.destination, chosen.dataset)
    connection, allowed = connection_of(), acting_settings(voice)
    voice.secrets.append((connection.access_token or "").strip())
    choice, settings, text = chosen_flakes(chosen, target, datetime.now(UTC))
    if not chosen.quiet:
        print(text)  # noqa: T201
    if chosen.demo or not choice.chosen:
        # The demo's API is there as long as a run of its own.
        return 0
    with actor_for(chosen, connection, allowed, voice, requested_by=_WHO) as actor:
        outcomes = retry(actor, choice, settings.retry_flakes_window, dry=not chosen.yes)
    if not chosen.quiet:
        print("\n".join(outcome.told for outcome in outcomes))  # noqa: T201
        if not chosen.yes:
            print(not_sent(outcomes))  # noqa: T201
    return 1 if any(outcome.went_wrong for outcome in outcomes) else 0


def chosen_flakes(
    chosen: Namespace, target: tuple[str, str, str], now: datetime
) -> tuple[Choice, Flakes, str]:
    """Return which failed builds to retry, by what settings, and a text that says why.

    Args:
        chosen: The arguments.
        target: Name of the dlt pipeline, its destination and dataset.
        now: The time, which `--since` counts back from.

    Raises:
        BuildkiteError: A setting or slug cannot be used, or nothing is loaded.
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    settings = _settings(chosen)
    warehouse = open_warehouse(Dataset(*target))
    known = loaded(warehouse)
    if chosen.demo:
        # Its present stands still.
        now = max(known.organizations.values())
    with of_setting("retry_flakes_since (--since)"):
        since = parse_since(settings.retry_flakes_since, now)
    scope = _scope(chosen, organization=known.organizations, pipeline=known.pipelines)
    builds = failed_builds(warehouse, scope, since, settings.retry_flakes_window)
    choice = choose(builds, settings, acted_on=acted_on(warehouse), named=chosen.pipeline)
    lines = [
        *_of_age(known, now),
        *_of_choice(choice, settings, len(builds), since),
    ]
    return choice, settings, "\n".join(lines)


def _settings(chosen: Namespace) -> Flakes:
    settings = configured(Flakes)
    if chosen.since:
        settings.retry_flakes_since = chosen.since
    settings.check()
    return settings


def _scope(chosen: Namespace, **known: Collection[str]) -> exp.Expr:
    """Return the condition that holds for the builds of what was named."""
    conditions: list[exp.Expr] = [exp.true()]
    for kind, slugs in known.items():
        named = getattr(chosen, kind)
        for slug in named:
            if slug not in slugs:
                shown = ", ".join(map(one_line, sorted(slugs)[:20]))
                raise SettingError(f"No {kind} {slug!r} is loaded. There are: {shown}.")
        if named:
            literals = [exp.Literal.string(slug) for slug in named]
            conditions.append(exp.column(f"{kind}_slug").isin(*literals))
    return exp.and_(*conditions)


def _of_age(known: Loaded, now: datetime) -> Iterator[str]:
    """Say what is amiss where the data is older than an hour."""
    for slug, as_of in known.organizations.items():
        if now - as_of > _FRESH:
            yield (
                f"Of {one_line(slug)} nothing newer than {as_of:%Y-%m-%d %H:%M} UTC is loaded, "
                "more than an hour old: what was retried or built since is not known. Load first."
            )


def _of_choice(choice: Choice, settings: Flakes, builds: int, since: datetime) -> Iterator[str]:
    yield f"Failed since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {builds:,} builds."
    yield (
        f"Known to be flaky: at more than {percent(settings.retry_flakes_low)} of "
        f"{settings.retry_flakes_least:,} or more commits in the last "
        f"{settings.retry_flakes_window} days, by the lower bound at 95 %."
    )
    if choice.chosen:
        yield f"Failed only by steps that are: {len(choice.chosen):,}"
        yield from _table(choice.chosen)
    for reason, left in choice.left.items():
        names = ", ".join(build.name for build in left[:_NAMED])
        more = ", …" if len(left) > _NAMED else ""
        yield f"Not retried, {reason.value}: {len(left):,} ({names}{more})"


def _table(builds: Iterable[FailedBuild]) -> Iterator[str]:
    rows = [("Build", "Step", "Flaky", "Commits", "Share", "At least")]
    for build in builds:
        for place, failure in enumerate(build.failures):
            rows.append(
                (
                    "" if place else one_line(build.name),
                    told(failure)[:60],
                    count(failure.flaky_commits),
                    count(failure.commits),
                    percent(failure.flaky_rate),
                    percent(failure.flaky_low),
                )
            )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield f"  {_aligned(row, widths)}".rstrip()


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row with names to the left and figures to the right."""
    return "  ".join(
        text.ljust(width) if place < 2 else text.rjust(width)
        for place, (text, width) in enumerate(zip(row, widths, strict=True))
    )
