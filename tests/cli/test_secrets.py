"""The token and what pipelines keep in `env` stay out of everything a run leaves behind."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow.parquet as pq
import pytest
import requests

from buildkite_simulator import Simulator
from buildkite_source import buildkite_source
from tests.reading import query

from .running import PROGRAMS, Cli, environment, run

_PLANTED = ("webhook", "pipeline-env", "step-env", "configuration", "build-env", "job-env")


def value(place: str) -> str:
    return f"planted-in-{place}"


@pytest.fixture(autouse=True)
def plant(simulator: Simulator) -> None:
    """Let the API send a secret in every place that can hold one."""

    def pipeline(item: dict[str, Any]) -> None:
        item["provider"]["webhook_url"] = f"https://webhook.example/{value('webhook')}"
        item["env"] = {"TOKEN": value("pipeline-env")}
        item["configuration"] = f"env:\n  TOKEN: {value('configuration')}\n"
        for step in item["steps"]:
            step["env"] = {"TOKEN": value("step-env")}

    def build(item: dict[str, Any]) -> None:
        item["env"] = {"TOKEN": value("build-env")}
        for job in item["jobs"]:
            job["env"] = {"TOKEN": value("job-env")}

    _edit(simulator, "/pipelines", "/pipelines?", pipeline)
    _edit(simulator, "/builds?include_retried_jobs=true&per_page=100", "/builds?", build)


def _edit(
    simulator: Simulator, path: str, match: str, change: Callable[[dict[str, Any]], None]
) -> None:
    """Serve a list of the first organization with a change in each object."""
    organization = simulator.world.organizations[0].slug
    url = f"{simulator.base_url}/organizations/{organization}{path}"
    items = requests.get(url, headers={"Authorization": f"Bearer {simulator.token}"}).json()
    for item in items:
        change(item)
    simulator.faults.add(kind="body", match=match, times=None, body=json.dumps(items).encode())


def everything_in(database: Path) -> str:
    """Return all values of all tables of a DuckDB file, dlt's own and the staged ones too."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()")
        return "\n".join(
            repr(connection.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall())
            for schema, table in tables.fetchall()
        )


def everything_under(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file with its text, unpacked as far as packing can hide anything."""
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            yield path, repr(pq.ParquetFile(path).read().to_pylist())
        elif path.suffix == ".gz":
            yield path, gzip.decompress(path.read_bytes()).decode()
        elif path.is_file():
            yield path, path.read_bytes().decode(errors="replace")


def check(text: str, *secrets: str) -> None:
    for secret in (*secrets, *map(value, _PLANTED)):
        assert secret not in text


def test_a_run_that_tells_all_it_knows(simulator: Simulator, workspace: Path) -> None:
    outcome = run(
        PROGRAMS / "buildkite-pipeline",
        cwd=workspace,
        env=environment(
            workspace,
            DLT_PROJECT_DIR=str(workspace),
            DLT_LOCAL_DIR=str(workspace),
            RUNTIME__LOG_LEVEL="DEBUG",
            SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN=simulator.token,
            SOURCES__BUILDKITE_SOURCE__BASE_URL=simulator.base_url,
        ),
    )
    assert outcome.code == 0, outcome.text
    assert "[DEBUG]" in outcome.err
    check(outcome.text, simulator.token)

    files = dict(everything_under(workspace))
    assert any(path.name == "trace.pickle" for path in files)
    for text in files.values():
        check(text, simulator.token)

    database = workspace / "buildkite_pipeline.duckdb"
    assert query(database, "SELECT count(*) FROM buildkite_data.builds") != [(0,)]
    check(everything_in(database), simulator.token)

    pipeline = dlt.attach("buildkite_pipeline")
    for part in (pipeline.last_trace, pipeline.state, pipeline.default_schema.to_pretty_yaml()):
        check(str(part), simulator.token)
    check(pipeline.last_trace.asstr(verbosity=2), simulator.token)


@pytest.mark.slow
def test_what_waits_to_be_loaded(simulator: Simulator, workspace: Path) -> None:
    pipeline = dlt.pipeline("waiting", destination="duckdb", dataset_name="ci")
    pipeline.extract(buildkite_source(simulator.token, simulator.base_url))
    files = dict(everything_under(workspace))
    assert any(path.suffix == ".parquet" for path in files)
    for text in files.values():
        check(text, simulator.token)


def test_secrets_come_when_asked_for_and_the_token_never(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__INCLUDE_SECRETS", "true")
    outcome = cli.loads()
    assert "Left out" not in outcome.out
    stored = everything_in(cli.database)
    for place in set(_PLANTED) - {"job-env"}:
        assert value(place) in stored
    assert cli.simulator.token not in stored
    rows = query(
        cli.database,
        "SELECT DISTINCT b.env->>'TOKEN', p.env->>'TOKEN', p.steps->0->'env'->>'TOKEN' "
        "FROM buildkite_data.builds b JOIN buildkite_data.pipelines p ON p.id = b.pipeline_id",
    )
    assert rows == [(value("build-env"), value("pipeline-env"), value("step-env"))]
