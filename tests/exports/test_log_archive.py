"""The private log archive: logs from a bucket, without a request to the API."""

from pathlib import Path
from typing import Any

import pytest

from buildkite_source.client import DetailsRead
from buildkite_source.logs import parse_log

from .conftest import Exports


@pytest.fixture
def archive(exports: Exports, workspace: Path) -> Path:
    """An archive that has the log of every job."""
    folder = workspace / "archive"
    for build in exports.loader.simulator.world.builds():
        for job in build.attempts():
            log = exports.loader.simulator.world.log(job)
            if log is not None:
                owner = build.pipeline.organization.id
                file = folder / owner / build.pipeline.id / build.id / f"{job.id}.log"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(log.whole())
    exports.loader.load_only("pipelines", "builds", "jobs")
    exports.loader.simulator.requests.clear()
    return folder


def load_logs(exports: Exports, archive: Path, **arguments: Any) -> DetailsRead:
    session = exports.loader.session()
    told: list[DetailsRead] = []
    session.listener = lambda event: told.append(event) if isinstance(event, DetailsRead) else None
    names = ("job_logs", "job_log_lines")
    settings = {"logs": "all", "max_age": "400d", "logs_from": str(archive), **arguments}
    exports.loader.load_only(*names, session=session, **settings)
    return told[-1]


def rows(exports: Exports) -> dict[str, dict[str, Any]]:
    return {row["job_id"]: row for row in exports.rows("job_logs", "job_id")}


def test_logs_come_from_the_archive_alone(exports: Exports, archive: Path) -> None:
    load_logs(exports, archive)
    assert exports.loader.simulator.requests == []
    files = {file.stem: file.read_bytes() for file in archive.rglob("*.log")}
    found = rows(exports)
    assert found
    assert {row["loaded_from"] for row in found.values()} == {"archive"}
    lines: dict[str, list[str]] = {}
    for row in exports.rows("job_log_lines", "job_id, line_number"):
        lines.setdefault(row["job_id"], []).append(row["text"])
    for job_id, row in found.items():
        assert row["size"] == row["fetched_bytes"] == len(files[job_id])
        assert lines.get(job_id, []) == parse_log(files[job_id])["text"].to_pylist()


@pytest.mark.slow
def test_what_is_not_there_comes_from_the_api_or_waits(exports: Exports, archive: Path) -> None:
    (missing, *_) = sorted(archive.rglob("*.log"))
    missing.unlink()
    read = load_logs(exports, archive, logs_fall_back=False)
    assert (read.reason, [job["job_id"] for job in read.waiting]) == ("logs_from", [missing.stem])
    assert missing.stem not in rows(exports)
    assert exports.loader.simulator.requests == []
    load_logs(exports, archive)
    (request,) = exports.loader.simulator.requests
    assert missing.stem in request.path
    assert rows(exports)[missing.stem]["loaded_from"] == "api"


@pytest.mark.slow
def test_the_end_of_a_log_is_enough(exports: Exports, archive: Path) -> None:
    load_logs(exports, archive, log_tail=200)
    for job_id, row in rows(exports).items():
        (file,) = archive.rglob(f"{job_id}.log")
        whole = file.stat().st_size
        assert (row["size"], row["fetched_bytes"]) == (whole, min(whole, 200))
        assert row["truncated"] is (whole > 200)


@pytest.mark.slow
def test_jobs_that_came_from_exports_are_asked_for_there_and_not_of_the_api(
    exports: Exports, archive: Path
) -> None:
    exports.loader.forget()
    exports.forget()
    exports.load()
    exports.loader.load_only("pipelines", "organizations")
    exports.loader.simulator.requests.clear()
    names = ("job_logs", "job_log_lines", "annotations", "artifacts", "step_uploads")
    exports.loader.load_only(*names, logs="all", max_age="400d")
    assert exports.loader.simulator.requests == []
    assert rows(exports) == {}
    load_logs(exports, archive)
    assert exports.loader.simulator.requests == []
    assert {row["loaded_from"] for row in rows(exports).values()} == {"archive"}
