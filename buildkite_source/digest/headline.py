"""The first lines of a digest: of what, and of which time."""

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from buildkite_source.answers.numbers import duration, moment

from .cells import plain
from .collect import Digest


def headline(digest: Digest, named: Callable[[str], str], most: int | None = None) -> str:
    """Return the title.

    Args:
        digest: The digest.
        named: Writes a name safely.
        most: Organizations to name, and pipelines; the others are counted. None for all.
    """

    def some(names: Sequence[str]) -> str:
        told = ", ".join(named(plain(name)) for name in names[:most])
        more = len(names) - len(names[:most])
        return f"{told} and {more:,} more" if more else told

    organizations = some([one.organization for one in digest.looked])
    pipelines = some(digest.scope.pipelines)
    return f"CI of {organizations}" + (f": {pipelines}" if pipelines else "")


def spans(digest: Digest, zone: ZoneInfo, named: Callable[[str], str]) -> Iterator[str]:
    """Yield a line on each time that is looked at; one alone if all organizations share it."""
    lines = [
        f"{moment(one.since, zone)} to {moment(one.until, zone)} ({zone.key}), against the "
        f"{duration((one.until - one.since).total_seconds())} before. "
        f"Data of {moment(one.as_of, zone)}."
        for one in digest.looked
    ]
    if len(set(lines)) == 1:
        yield lines[0]
    else:
        for one, line in zip(digest.looked, lines, strict=True):
            yield f"{named(plain(one.organization))}: {line}  "
