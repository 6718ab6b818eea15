"""`retry-flakes`: failed builds that flaky steps alone failed, retried once each."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from buildkite_source.answers.numbers import count, percent
from buildkite_source.answers.questions import Warehouse
from buildkite_source.flakes import (
    Choice,
    FailedBuild,
    acted_on,
    choose,
    failed_builds,
    loaded_slugs,
    told,
)
from buildkite_source.printable import one_line
from buildkite_source.settings import Flakes, SettingError, configured
from buildkite_source.warehouse.reader import Dataset
from buildkite_source.windows import parse_since

from .digests import open_warehouse
from .freshness import Freshness, freshness

_FRESH = timedelta(hours=1)
# Builds named behind each reason; all are counted.
_NAMED = 5


def chosen_flakes(
    chosen: Namespace, target: tuple[str, str, str], now: datetime
) -> tuple[Choice, Flakes, str]:
    """Return which failed builds to retry, by what settings, and a text that says why.

    Args:
        chosen: The arguments.
        target: Name of the dlt pipeline, its destination and dataset.
        now: The time, which `--since` counts back from.

    Raises:
        SettingError: A setting or slug cannot be used, or nothing is loaded.
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    settings = _settings(chosen)
    try:
        since = parse_since(settings.retry_flakes_since, now)
    except ValueError as error:
        raise SettingError(str(error)) from None
    warehouse = open_warehouse(Dataset(*target))
    builds = failed_builds(
        warehouse, _scope(warehouse, chosen), since, settings.retry_flakes_window
    )
    choice = choose(builds, settings, acted_on=acted_on(warehouse), named=chosen.pipeline)
    lines = [
        *_of_age(freshness(target, {}, now, _FRESH)),
        *_of_choice(choice, settings, len(builds), since),
    ]
    return choice, settings, "\n".join(lines)


def _settings(chosen: Namespace) -> Flakes:
    settings = configured(Flakes)
    if chosen.since:
        settings.retry_flakes_since = chosen.since
    settings.check()
    return settings


def _scope(warehouse: Warehouse, chosen: Namespace) -> exp.Expr:
    """Return the condition that holds for the builds of what was named."""
    conditions: list[exp.Expr] = [exp.true()]
    for kind in ("organization", "pipeline"):
        named = getattr(chosen, kind)
        known = loaded_slugs(warehouse, f"{kind}_slug") if named else ()
        for slug in named:
            if slug not in known:
                shown = ", ".join(map(one_line, sorted(known)[:20]))
                raise SettingError(f"No {kind} {slug!r} is loaded. There are: {shown}.")
        if named:
            slugs = [exp.Literal.string(slug) for slug in named]
            conditions.append(exp.column(f"{kind}_slug").isin(*slugs))
    return exp.and_(*conditions)


def _of_age(found: Freshness) -> Iterator[str]:
    """Say what is amiss where the data is older than an hour."""
    for slug, as_of in found.as_of.items():
        if found.now - as_of > _FRESH:
            yield (
                f"The data of {one_line(slug)} is of {as_of:%Y-%m-%d %H:%M} UTC, more than an hour "
                "old: what was retried or built since is not known. Load first."
            )


def _of_choice(choice: Choice, settings: Flakes, builds: int, since: datetime) -> Iterator[str]:
    yield f"Failed since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {builds:,} builds."
    yield (
        f"Known to be flaky: in the last {settings.retry_flakes_window} days, of "
        f"{settings.retry_flakes_least:,} commits or more, above "
        f"{percent(settings.retry_flakes_low)} at least (95 %)."
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
