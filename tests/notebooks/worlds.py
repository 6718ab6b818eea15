"""Datasets for the notebooks: a small loaded company, and what it becomes in hard cases."""

import shutil
from pathlib import Path

import duckdb

DATASET = "buildkite_data"
HOSTILE = (
    """<img src=x onerror="document.title='pwned'"> **b** [l](javascript:alert(1)) """
    """`'"; $x${1} </pre>"""
)

_NAMES = HOSTILE.replace("'", "''")
# What has to happen to the small company to become a case.
CASES = {
    "empty": ["DELETE FROM builds", "DELETE FROM jobs"],
    "one_build": [
        "DELETE FROM builds WHERE id <> (SELECT min(id) FROM builds WHERE state = 'passed')",
        "DELETE FROM jobs WHERE build_id NOT IN (SELECT id FROM builds)",
        "DELETE FROM annotations",
        "DELETE FROM job_log_lines",
        # As of a version that had no such view yet.
        "DROP VIEW metric_standing_builds",
    ],
    "nothing_finished": [
        "UPDATE builds SET state = 'running', blocked = false, finished_at = NULL",
        "UPDATE jobs SET state = 'scheduled', started_at = NULL, finished_at = NULL",
    ],
    "hostile_names": [
        f"UPDATE {table} SET {', '.join(f'{column} = {value}' for column in columns)}"
        for value in [f"'{_NAMES}'"]
        for table, columns in {
            "organizations": ["name"],
            "pipelines": ["slug", "name"],
            "builds": ["branch", "message", "creator_name", "pipeline_slug"],
            "jobs": ["name", "queue", "agent_name", "signal_reason"],
            "annotations": ["body_text", "context"],
            "job_log_lines": ["text"],
        }.items()
    ]
    + ["UPDATE jobs SET step_key = NULL"],
    "many_pipelines": [
        "INSERT INTO pipelines BY NAME SELECT p.* REPLACE (p.id || i AS id, p.slug || i AS slug) "
        "FROM (FROM pipelines ORDER BY id LIMIT 1) AS p, range(10000) AS numbers(i)",
        "INSERT INTO builds BY NAME SELECT b.* REPLACE (b.id || i AS id, "
        "b.pipeline_id || i AS pipeline_id, b.pipeline_slug || i AS pipeline_slug) "
        "FROM (FROM builds WHERE pipeline_id = (SELECT min(id) FROM pipelines) "
        "ORDER BY created_at DESC LIMIT 1) AS b, range(10000) AS numbers(i)",
    ],
}


def become(case: str, database: Path) -> None:
    """Put a copy of the database beside it, under the name of the case, in which it holds."""
    copy = shutil.copy(database, database.with_name(f"{case}.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"USE {DATASET}")
        for statement in CASES[case]:
            connection.execute(statement)
