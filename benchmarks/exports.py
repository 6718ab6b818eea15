"""Build exports: `python -m benchmarks.exports`, beside DuckDB alone, and a bare downloader of S3.

DuckDB reads the same files with its types given (`read_json` over globs) into tables that nobody
keeps: nothing is merged, remembered or gone on with. From S3 (moto) what counts is the share of a
downloader's pace that does nothing with what it gets: as it comes, where moto takes the processor
from whoever reads, and with a delay of each request, as of a server elsewhere.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import obstore

from .contenders.floor import BUILD, JOB, JSON, flat, kind
from .delay import delayed
from .export_files import NOW, write
from .measure import MEBIBYTE, run_alone
from .report import environment

_EXPORTS = "buildkite/build-exports/*/*/*/*"
# Of each request, in seconds: with 32 at once, moto has half a core to spare.
_DELAY = 0.3
# What hangs on these builds, in the fields that the tables have.
_LISTS: dict[str, dict[str, Any]] = {
    "annotations": dict.fromkeys(
        ("id", "context", "style", "scope", "body_html", "created_at", "updated_at"), "VARCHAR"
    ),
    "artifacts": {
        **dict.fromkeys(("id", "job_id", "state", "path", "mime_type", "sha1sum"), "VARCHAR"),
        "file_size": "BIGINT",
    },
}


def main(arguments: list[str] | None = None) -> None:
    """Write exports, read them in both ways, and print what each took."""
    parser = argparse.ArgumentParser("python -m benchmarks.exports", description=__doc__)
    parser.add_argument("--builds", type=int, default=5_000, help="builds, of ten jobs each")
    parser.add_argument("--bucket", type=int, default=300, help="builds of the bucket; 0 for none")
    parser.add_argument("--runs", type=int, default=3, help="rounds, taken in turns")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        place = Path(folder)
        objects, size = write(place / "files", options.builds)
        print(environment())
        print(
            f"\n{options.builds:,} builds: {objects:,} objects, {size / MEBIBYTE:,.0f} MiB\n\n"
            "| Way | Wall s | CPU s | Peak MiB |\n| --- | --- | --- | --- |"
        )
        for number in range(options.runs):
            for name in ("duckdb", "ours"):
                made = place / f"{name}-{number}"
                made.mkdir()
                wall, cpu, peak = run_alone(
                    "benchmarks.exports", [name, str(place / "files"), str(made)], made
                )
                print(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} |", flush=True)
        if options.bucket:
            _of_bucket(place, options.bucket)


def read_by_duckdb(files: Path, made: Path) -> None:
    """Read all files into typed tables, by DuckDB alone."""
    with duckdb.connect(str(made / "data.duckdb")) as connection:
        connection.execute("SET preserve_insertion_order = false")
        for name, path, fields in (
            # An author may be an e-mail address alone.
            ("builds", "build.json.gz", {**BUILD, "author": JSON}),
            ("jobs", "jobs/*.json.gz", JOB),
            *((name, f"{name}.json.gz", fields) for name, fields in _LISTS.items()),
        ):
            columns = {key: kind(each) for key, each in fields.items()}
            connection.execute(
                f'create table "{name}" as select {flat("one", fields)}, filename '
                f"from read_json('{files}/{_EXPORTS}/{path}', columns = {columns}, "
                # Its folders are called as fields are.
                "filename = true, hive_partitioning = false, "
                # It holds two buffers of this a file: by default all of a machine's memory.
                "maximum_object_size = 1048576) as one"
            )


def read_by_ours(files: Path, made: Path) -> None:
    """Read all files as the command does."""
    os.environ["SOURCES__BUILDKITE_SOURCE__METRIC_VIEWS"] = "false"
    import dlt

    from buildkite_source.cli import memory
    from buildkite_source.load import load

    memory.keep_small()
    database = dlt.destinations.duckdb(str(made / "data.duckdb"))
    pipeline = dlt.pipeline("benchmark", destination=database, dataset_name="ci")
    load(pipeline, "exports", exports_from=str(files))


def _of_bucket(place: Path, builds: int) -> None:
    """Print the pace of a bare downloader and of the reader, over the same objects of moto."""
    from buildkite_source.buckets.bucket import Bucket
    from buildkite_source.exports.layout import Strays, days, folders
    from buildkite_source.exports.listing import listed
    from buildkite_source.exports.reading import THREADS, read_folders
    from tests.destinations.bucket import S3Server

    files = place / "bucket"
    write(files, builds)
    with S3Server() as server, delayed(server.port, _DELAY) as elsewhere:
        bucket = server.bucket()
        store = server.store(bucket)
        keys = [str(file.relative_to(files)) for file in files.rglob("*.gz")]

        def put(key: str) -> None:
            obstore.put(store, key, (files / key).read_bytes())

        def bare(store: Any) -> None:
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda key: len(bytes(obstore.get(store, key).bytes())), keys))

        def ours(store: Any) -> None:
            bucket, strays = Bucket(store, "s3://ci"), Strays()
            dates = listed(bucket, days(bucket, strays))
            every = (one for date in dates for one in folders(*date, strays))
            assert sum(len(one.items["builds"]) for one in read_folders(bucket, every, NOW))

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(put, keys))
        print("\n| From S3 (moto) | Requests | Objects a second |\n| --- | --- | --- |")
        for _ in range(3):
            for place, port in (("at once", server.port), (f"after {_DELAY} s", elsewhere)):
                reached = server.store(bucket, port)
                for name, way in (("bare downloader", bare), ("ours", ours)):
                    pace = len(keys) / _seconds(partial(way, reached))
                    print(f"| {name} | {place} | {pace:,.0f} |", flush=True)


def _seconds(way: Callable[[], None]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


if __name__ == "__main__":
    ways = {"duckdb": read_by_duckdb, "ours": read_by_ours}
    if sys.argv[1:2] and sys.argv[1] in ways:
        ways[sys.argv[1]](*map(Path, sys.argv[2:]))
    else:
        main()
