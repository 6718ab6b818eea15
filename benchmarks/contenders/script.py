"""A plain script: requests for the pages, pandas for the tables, DuckDB to keep them."""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import requests

JSON_COLUMNS = ("env", "meta_data", "agent_query_rules", "agent_meta_data", "matrix")


def main(base_url: str, directory: Path) -> None:
    """Load builds and jobs."""
    builds = fetch(f"{base_url}/organizations/acme/builds")
    jobs: list[dict[str, Any]] = []
    for build in builds:
        pipeline = build.pop("pipeline")
        build |= {"pipeline_id": pipeline["id"], "pipeline_slug": pipeline["slug"]}
        of_build = {
            "build_id": build["id"],
            "build_number": build["number"],
            "pipeline_id": pipeline["id"],
            "pipeline_slug": pipeline["slug"],
        }
        jobs += [job | of_build for job in build.pop("jobs")]
    with duckdb.connect(str(directory / "data.duckdb")) as connection:
        for name, rows in (("builds", builds), ("jobs", jobs)):
            frame = table(rows)
            connection.register("frame", frame)
            connection.execute(f"create table {name} as select * from frame")


def fetch(url: str) -> list[dict[str, Any]]:
    """Return the objects of all pages."""
    items: list[dict[str, Any]] = []
    params: dict[str, Any] = {"per_page": 100, "include_retried_jobs": "true"}
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer token"
        while url:
            response = session.get(url, params=params, timeout=60)
            response.raise_for_status()
            items += response.json()
            url, params = response.links.get("next", {}).get("url", ""), {}
    return items


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows with one level of flattening, times as times, open objects as JSON text."""
    frame = pd.DataFrame([flat(row) for row in rows])
    for name in frame.columns:
        if name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose nested objects became columns."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and name not in JSON_COLUMNS:
            for inner, content in value.items():
                columns[f"{name}_{inner}"] = content
        else:
            columns[name] = value
    for name in JSON_COLUMNS:
        if columns.get(name) is not None:
            columns[name] = json.dumps(columns[name])
    return columns


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
