"""`download-artifacts`: contents of the artifacts that are loaded, to a folder or any bucket."""

from argparse import Namespace
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from dlt import Pipeline
from rich.console import Console

from buildkite_source import BuildkiteError
from buildkite_source.artifacts import Artifact, DownloadReport, Outcome, Status, download, wanted
from buildkite_source.connection import open_session
from buildkite_source.load.guards import stop_on_interrupt
from buildkite_source.settings import Connection, of_setting
from buildkite_source.tables import ARTIFACTS, BUILDS, PIPELINES
from buildkite_source.warehouse.reader import Dataset, Reader
from buildkite_source.warehouse.stored import rows_for, schema_of
from buildkite_source.windows import parse_since, to_sql

# The order of the fields of `Artifact`; a renamed pipeline is asked for by its name of today.
_ARTIFACTS = """
SELECT coalesce(a.organization_slug, b.organization_slug) AS organization_slug,
       coalesce(p.slug, a.pipeline_slug, b.pipeline_slug) AS pipeline_slug,
       coalesce(a.build_number, b.number) AS build_number,
       a.job_id, a.id, a.path, a.file_size, a.sha1sum, a.state
FROM artifacts AS a
JOIN builds AS b ON b.id = a.build_id
LEFT JOIN pipelines AS p ON p.id = a.pipeline_id
"""
_PROBLEMS_SHOWN = 10


def download_artifacts(chosen: Namespace, connection: Connection, console: Console) -> int:
    """Download what the arguments name, print what became of it, and return the exit code.

    Raises:
        BuildkiteError: No artifacts are loaded, or the target cannot be opened.
    """
    artifacts = [
        artifact
        for artifact in wanted(_loaded(chosen), chosen.path)
        if not chosen.organization or artifact.organization_slug in chosen.organization
        if not chosen.pipeline or artifact.pipeline_slug in chosen.pipeline
    ]
    session = open_session(connection)
    done = 0

    def tell(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        if not chosen.quiet:
            name = outcome.name or repr(outcome.artifact.path)
            line = f"{done:,} of {len(artifacts):,}: {outcome.status} {name}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    with stop_on_interrupt(session):
        report = download(
            session,
            artifacts,
            chosen.to,
            max_requests=chosen.max_requests,
            max_bytes=chosen.max_bytes,
            on_done=tell,
            # Reading a bucket again costs as much as fetching anew.
            trust_size="://" in chosen.to,
            scratch=Path(".dlt") / ".var" / "downloads",
        )
    if not chosen.quiet:
        print("\n".join(_told(report, chosen.to)))  # noqa: T201
    return 0 if report.complete else 1


def _loaded(chosen: Namespace) -> list[Artifact]:
    """Return the artifacts in the destination, newest builds first."""
    # A download may take hours; no load is to wait for it.
    reader = Reader(Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset))
    pipeline: Pipeline | None = None
    with suppress(FileNotFoundError):
        pipeline = reader.open()
    missing = {ARTIFACTS.name, BUILDS.name, PIPELINES.name} - _stored(pipeline)
    if missing or not pipeline:
        raise BuildkiteError(
            "Artifacts are downloaded by what is loaded of them, and these tables are not: "
            f"{', '.join(sorted(missing))}. Load them first: --resources core,details."
        )
    sql = _ARTIFACTS
    if chosen.max_age:
        # By the API's clock, which the rows tell.
        ((now,),) = rows_for(pipeline, "SELECT max(fetched_at) AS newest_at FROM builds")
        with of_setting("max_age"):
            since = to_sql(parse_since(chosen.max_age, now or datetime.now(UTC)))
        sql += f"WHERE b.created_at >= '{since}' "
    rows = rows_for(pipeline, sql + "ORDER BY b.created_at DESC, a.path, a.id")
    return [Artifact.of_row(row) for row in rows]


def _stored(pipeline: Pipeline | None) -> set[str]:
    if not pipeline:
        return set()
    # Into the reader's own folder.
    pipeline.sync_destination()
    known = schema_of(pipeline)
    return set(known.data_table_names(seen_data_only=True)) if known else set()


def _told(report: DownloadReport, target: str) -> list[str]:
    counts = ", ".join(
        f"{report.counts[status]:,} {status.value}" for status in Status if report.counts[status]
    )
    lines = [
        f"Artifacts: {counts or 'none wanted'}; {report.bytes / 1e6:,.1f} MB in "
        f"{report.requests:,} requests, to {target}."
    ]
    lines += [
        f"  {problem.status}: {problem.artifact.path!r}: {problem.reason}"
        for problem in report.problems[:_PROBLEMS_SHOWN]
    ]
    if len(report.problems) > _PROBLEMS_SHOWN:
        lines.append(f"  and {len(report.problems) - _PROBLEMS_SHOWN:,} more")
    return lines + [report.ended] * bool(report.ended)
