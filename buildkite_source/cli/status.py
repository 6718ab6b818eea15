"""`status`: what the destination holds, and how far each build list is covered."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dlt import Pipeline

from buildkite_source.builds.memory import ListMemory
from buildkite_source.load.journal import RUNS
from buildkite_source.load.report import location_of
from buildkite_source.printable import one_line
from buildkite_source.states import MOVING_SQL
from buildkite_source.tables import BUILDS, EVENTS, JOBS
from buildkite_source.warehouse.reader import Dataset, Reader
from buildkite_source.warehouse.stored import rows_for, schema_of
from buildkite_source.windows import Window, gaps

from .status_events import of_events

_SOURCE = "buildkite_source"
_BUILDS = f"""
SELECT organization_id, coalesce(max(organization_slug), organization_id) AS slug,
       count(*) AS builds, count(CASE WHEN blocked THEN 1 END) AS blocked,
       count(CASE WHEN state IN {MOVING_SQL} AND NOT coalesce(blocked, false) THEN 1 END) AS moving
FROM builds GROUP BY organization_id ORDER BY slug
"""  # noqa: S608 - a constant
_JOBS = "SELECT organization_id, count(*) AS jobs FROM jobs GROUP BY organization_id"
_RUNS = f"""
SELECT started_at, command, seconds, requests, waited, builds, left_out, error
FROM {RUNS} ORDER BY started_at DESC LIMIT 5
"""  # noqa: S608 - a constant


def status(pipeline_name: str, destination: str, dataset: str) -> str:
    """Return the status as text; read from the destination, so any machine can ask.

    Nothing is written, neither there nor in dlt's folder, and no load is met.

    Raises:
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    reader = Reader(Dataset(pipeline_name, destination, dataset))
    try:
        pipeline = reader.open()
    except FileNotFoundError:
        return f"Nothing is loaded yet: {location_of(reader.origin)}."
    # Into the reader's own folder.
    pipeline.sync_destination()
    if pipeline.first_run:
        return f"Nothing is loaded yet: {location_of(reader.origin)}."
    stored = stored_of(pipeline)
    lines = [*_place(reader.origin)]
    if BUILDS.name in stored:
        lines += _organizations(pipeline, with_jobs=JOBS.name in stored)
    lines += of_events(pipeline, stored)
    if RUNS in stored:
        lines += _runs(pipeline)
    return "\n".join(lines)


def stored_of(pipeline: Pipeline) -> set[str]:
    """Return which of the tables the destination has: a run may load few, or fail before any."""
    names = [BUILDS.name, JOBS.name, EVENTS.name, RUNS]
    with pipeline.destination_client() as client:
        if not hasattr(client, "get_storage_tables"):
            schema = schema_of(pipeline)
            return set(names).intersection(schema.data_table_names() if schema else ())
        return {name for name, columns in client.get_storage_tables(names) if columns}


def _place(pipeline: Pipeline) -> Iterator[str]:
    yield f"Data: {location_of(pipeline)}"
    config = pipeline.destination_client().config
    file = Path(str(getattr(getattr(config, "credentials", None), "database", "")))
    if file.is_file():
        yield f"Size: {file.stat().st_size / 1e6:,.1f} MB"


def _organizations(pipeline: Pipeline, *, with_jobs: bool) -> Iterator[str]:
    jobs = dict(rows_for(pipeline, _JOBS)) if with_jobs else {}
    kept = lists_of(pipeline.state)
    for organization_id, slug, builds, blocked, moving in rows_for(pipeline, _BUILDS):
        count = jobs.get(organization_id, 0)
        apart = f"{moving:,} under way, {blocked:,} standing blocked"
        yield f"{one_line(slug)}: {builds:,} builds ({apart}), {count:,} jobs"
        for key in sorted(kept):
            if key.startswith(organization_id):
                yield from _coverage(key, kept[key])


def lists_of(state: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is remembered of each build list, by table."""
    resources = state.get("sources", {}).get(_SOURCE, {}).get("resources", {})
    kept: dict[str, dict[str, Any]] = {}
    for table in (BUILDS.name, JOBS.name):
        for key, memory in resources.get(table, {}).get("lists", {}).items():
            kept.setdefault(key, {})[table] = memory
    return kept


def _coverage(key: str, kept: Mapping[str, Any]) -> Iterator[str]:
    """Yield how far a list is covered, once for tables that know the same."""
    memory = ListMemory([*kept.values()])
    if any(ListMemory([one]).covered != memory.covered for one in kept.values()):
        for table, one in kept.items():
            yield from _coverage(key, {table: one})
        return
    covered = memory.covered
    if not covered:
        return
    span = Window(covered[0].start, covered[-1].end)
    scope = "one pipeline, " if "/" in key else ""
    tables = " and ".join(kept)
    yield f"  {scope}{tables}: {_span(span)}"
    for gap in gaps(covered, span):
        yield f"    gap: {_span(gap)}"
    finished, rechecked = memory.time("finished"), memory.time("rechecked")
    if finished:
        yield f"    changes followed up to {finished:%Y-%m-%d %H:%M:%S}"
    if rechecked:
        yield f"    last days read again on {rechecked:%Y-%m-%d %H:%M:%S}"


def _runs(pipeline: Pipeline) -> Iterator[str]:
    yield "Last runs (times in UTC):"
    for started, command, seconds, requests, waited, builds, left, error in rows_for(
        pipeline, _RUNS
    ):
        end = f"ended early: {error}" if error else f"{builds:,} builds"
        left_out = f"; {left} unsettled builds left out" if left else ""
        yield (
            f"  {started:%Y-%m-%d %H:%M} {command}: {end} in {seconds:.0f} s, "
            f"{requests:,} requests, waited {waited:.0f} s{left_out}"
        )


def _span(window: Window) -> str:
    return f"{window.start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S}"
