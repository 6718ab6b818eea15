"""The DAGs of `pipelines/schedulers`, run by Airflow 2 and 3."""

import shutil
from pathlib import Path

import pytest

from tests.source.conftest import asks_history

from .isolated import SCHEDULERS, Isolated

pytestmark = pytest.mark.slow

VERSIONS = ("2.11.2", "3.1.8")
_DAGS = ("airflow_dag.py", "airflow_task_group_dag.py")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_dags_load(isolated: Isolated, workspace: Path, version: str) -> None:
    dags = workspace / "dags"
    dags.mkdir()
    for name in _DAGS:
        shutil.copy(SCHEDULERS / name, dags)
    isolated.env |= {
        "AIRFLOW_HOME": str(workspace / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
    }
    secrets = f'[sources.buildkite_source]\naccess_token = "{isolated.simulator.token}"\n'
    # As docs/scheduling.md has it: a variable of Airflow's, under dlt's name.
    with_secrets = {"AIRFLOW_VAR_DLT_SECRETS_TOML": secrets}
    airflow = f"apache-airflow=={version}"

    # What Airflow does every few seconds: nothing may be asked, and no token is there.
    for name in _DAGS:
        isolated(airflow, "python", str(dags / name), env={})
    assert isolated.requests() == []

    isolated(airflow, "airflow", "db", "migrate", env={})
    isolated(airflow, "airflow", "dags", "test", "buildkite", env=with_secrets)
    isolated.assert_true()
    assert isolated.requests()

    # Another worker: the state comes from the destination.
    shutil.rmtree(workspace / "dlt")
    isolated(airflow, "airflow", "dags", "test", "buildkite", env=with_secrets)
    isolated.assert_true()
    asked = isolated.requests()
    assert len(asked) <= 5
    assert not any(map(asks_history, asked))

    isolated(airflow, "airflow", "dags", "test", "buildkite_tables", env=with_secrets)
    isolated.assert_true()
    asked = isolated.requests()
    assert len(asked) <= 5
    assert not any(map(asks_history, asked))

    isolated.file.unlink()
    isolated(airflow, "airflow", "dags", "test", "buildkite_tables", env=with_secrets)
    isolated.assert_true()
