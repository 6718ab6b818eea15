"""Build exports in a run: loaded part by part, and told of in its report."""

from collections.abc import Callable, Iterator

from dlt import Pipeline

from buildkite_source.client import BuildkiteSession, ExportsRead
from buildkite_source.exports.reader import ExportReader
from buildkite_source.settings import Exports


def load_exports(
    pipeline: Pipeline,
    settings: Exports,
    session: BuildkiteSession,
    load: Callable[[ExportReader], None],
    *,
    again: bool,
) -> None:
    """Load part after part; each goes on where the one before it ended.

    Args:
        pipeline: Where to.
        settings: What to read, and how much of it at once.
        session: Tells when to stop.
        load: Loads what comes next of a reader.
        again: Read everything, whatever was read before.
    """
    if pipeline.destination.destination_type == "dlt.destinations.duckdb":
        # What DuckDB takes beyond its limit, it takes for each table that it fills at once.
        pipeline.destination.caps_params.setdefault("max_parallel_load_jobs", 1)
    reader = ExportReader(settings, session, again=again)
    more = True
    while more and not session.budget.stopped:
        load(reader)
        more = reader.read.more


def exports_lines(read: ExportsRead) -> Iterator[str]:
    """Yield a few lines: what was read, and each kind of what was not, with examples."""
    megabytes = read.size / 1e6
    yield (
        f"Read {read.builds:,} builds ({read.objects:,} objects, {megabytes:,.1f} MB) from "
        f"{read.store}, without a request to the API."
    )
    if read.known:
        yield f"As they were when they were read before: {read.known:,} builds."
    if read.settled:
        yield (
            f"Not listed again: {read.settled:,} dates that were read whole and lie behind the "
            "newest by exports_overlap days; --again reads everything."
        )
    if read.outside:
        yield f"Not asked for by --from and --to: {read.outside:,} dates."
    if read.newer:
        yield f"Left out, as what is loaded is newer: {read.newer:,} rows."
    if read.left_out:
        yield f"Of other organizations and pipelines: {read.left_out:,} builds."
    if read.waiting:
        yield f"Left for a later run, without a whole file of the build: {read.waiting:,} folders."
    if read.unreadable:
        yield f"Left for a later run, as they cannot be read: {read.unreadable:,} objects."
    if read.strays:
        yield f"Not known, and left alone: {read.strays:,} files."
    yield from (f"  {example}" for example in read.examples)
    found = (read.builds, read.known, read.settled, read.outside, read.waiting, read.left_out)
    if not any(found):
        yield (
            "There are no build exports: they begin when the first build is as old as the plan "
            "keeps builds, and lie in buildkite/build-exports/."
        )
