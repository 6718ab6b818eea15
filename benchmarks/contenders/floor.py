"""The floor: pages as they come into files, then DuckDB alone reads and unnests them.

Nobody would keep a warehouse so (nothing is merged, checked or continued), but nothing in
Python that leaves the same two tables does less. The types are given, since guessing them
takes DuckDB as long again; fields that `ours` does not keep are left out.
"""

import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

import duckdb

NEXT = re.compile(r'<([^>]*)>; rel="next"')

TEXT, NUMBER, YES_NO, TIME, JSON = "VARCHAR", "BIGINT", "BOOLEAN", "TIMESTAMPTZ", "JSON"
USER = {"id": TEXT, "name": TEXT, "email": TEXT}

JOB: dict[str, Any] = {
    "id": TEXT,
    "type": TEXT,
    "name": TEXT,
    "label": TEXT,
    "step_key": TEXT,
    "group_key": TEXT,
    "step": {"id": TEXT, "signature": JSON},
    "state": TEXT,
    "soft_failed": YES_NO,
    "exit_status": NUMBER,
    "signal": TEXT,
    "signal_reason": TEXT,
    "broken_reason": TEXT,
    "created_at": TIME,
    "scheduled_at": TIME,
    "runnable_at": TIME,
    "started_at": TIME,
    "finished_at": TIME,
    "expired_at": TIME,
    "concurrency_wait_time_ms": NUMBER,
    "retried": YES_NO,
    "retried_in_job_id": TEXT,
    "retries_count": NUMBER,
    "retry_type": TEXT,
    "retry_source": {"job_id": TEXT, "retry_type": TEXT},
    "retried_by": USER,
    "command": TEXT,
    "priority": {"number": NUMBER},
    "agent_query_rules": JSON,
    "artifact_paths": TEXT,
    "parallel_group_index": NUMBER,
    "parallel_group_total": NUMBER,
    "matrix": JSON,
    "cluster_id": TEXT,
    "cluster_queue_id": TEXT,
    "agent": {
        "id": TEXT,
        "name": TEXT,
        "hostname": TEXT,
        "ip_address": TEXT,
        "version": TEXT,
        "user_agent": TEXT,
        "os_id": TEXT,
        "arch": TEXT,
        "queue": TEXT,
        "meta_data": JSON,
        "created_at": TIME,
        "connected_at": TIME,
    },
    "web_url": TEXT,
}

BUILD: dict[str, Any] = {
    "id": TEXT,
    "number": NUMBER,
    "state": TEXT,
    "blocked": YES_NO,
    "blocked_state": TEXT,
    "cancel_reason": TEXT,
    "message": TEXT,
    "commit": TEXT,
    "branch": TEXT,
    "tag": TEXT,
    "source": TEXT,
    "author": {"username": TEXT, "name": TEXT, "email": TEXT},
    "creator": USER,
    "created_at": TIME,
    "scheduled_at": TIME,
    "started_at": TIME,
    "failing_at": TIME,
    "finished_at": TIME,
    "meta_data": JSON,
    "pull_request": {"id": TEXT, "base": TEXT, "repository": TEXT},
    "merge_queue": {"base_branch": TEXT},
    "rebuilt_from": {"id": TEXT, "number": NUMBER},
    "triggered_from": {"build_id": TEXT, "build_number": NUMBER, "build_pipeline_slug": TEXT},
    "pipeline": {"id": TEXT, "slug": TEXT},
    "url": TEXT,
    "web_url": TEXT,
}


def kind(fields: Any) -> str:
    """Return DuckDB's name of a type."""
    if isinstance(fields, str):
        return fields
    return "STRUCT(" + ", ".join(f'"{key}" {kind(each)}' for key, each in fields.items()) + ")"


def flat(row: str, fields: dict[str, Any]) -> str:
    """Return the SQL that selects the fields of `row`, those of objects with a prefix."""
    columns: list[str] = []
    for key, each in fields.items():
        if isinstance(each, str):
            columns.append(f'{row}."{key}"')
        else:
            columns += [f'{row}."{key}"."{inner}" as "{key}_{inner}"' for inner in each]
    return ", ".join(columns)


def main(base_url: str, directory: Path) -> None:
    """Load builds and jobs."""
    url = f"{base_url}/organizations/acme/builds?per_page=100&include_retried_jobs=true"
    page = 0
    while url:
        with urllib.request.urlopen(url) as response:
            (directory / f"{page:05}.json").write_bytes(response.read())
            following = NEXT.search(response.headers.get("Link", ""))
        url, page = following[1] if following else "", page + 1
    columns = {**{key: kind(each) for key, each in BUILD.items()}, "jobs": f"{kind(JOB)}[]"}
    with duckdb.connect(str(directory / "data.duckdb")) as connection:
        connection.execute(
            "create temp table pages as "
            f"from read_json('{directory}/*.json', format = 'array', columns = {columns})"
        )
        connection.execute(f"create table builds as select {flat('pages', BUILD)} from pages")
        connection.execute(
            f"create table jobs as select {flat('job', JOB)}, build_id, build_number, "
            "pipeline_id, pipeline_slug from (select unnest(jobs) as job, id as build_id, "
            "number as build_number, pipeline.id as pipeline_id, pipeline.slug as pipeline_slug "
            "from pages)"
        )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
