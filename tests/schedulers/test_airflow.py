"""The DAGs of `pipelines/schedulers`, run by Airflow 2 and 3."""

import shutil
from pathlib import Path

import pytest

from buildkite_simulator import RecordedRequest
from tests.source.conftest import asks_history

from .isolated import SCHEDULERS, Isolated

pytestmark = pytest.mark.slow

VERSIONS = ("2.11.2", "3.1.8")
_DAGS = {"buildkite": "airflow_dag.py", "buildkite_tables": "airflow_task_group_dag.py"}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_dags_load(isolated: Isolated, workspace: Path, version: str) -> None:
    # A folder for each: dlt's task group changes the environment of all that is read with it.
    for dag, name in _DAGS.items():
        (workspace / dag).mkdir()
        shutil.copy(SCHEDULERS / name, workspace / dag)
    isolated.env |= {
        "AIRFLOW_HOME": str(workspace / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    secrets = f'[sources.buildkite_source]\naccess_token = "{isolated.simulator.token}"\n'
    # As docs/scheduling.md has it: a variable of Airflow's, under dlt's name.
    with_secrets = {"AIRFLOW_VAR_DLT_SECRETS_TOML": secrets}
    airflow = f"apache-airflow=={version}"

    def test(dag: str) -> list[RecordedRequest]:
        folder = {"AIRFLOW__CORE__DAGS_FOLDER": str(workspace / dag)}
        isolated(airflow, "airflow", "dags", "test", dag, env={**with_secrets, **folder})
        isolated.assert_true()
        return isolated.requests()

    # What Airflow does every few seconds: nothing may be asked, and no token is there.
    for dag, name in _DAGS.items():
        isolated(airflow, "python", str(workspace / dag / name), env={})
    isolated(airflow, "airflow", "db", "migrate", env={})
    assert isolated.requests() == []

    first = test("buildkite")
    # On another worker, whose state comes from the destination.
    shutil.rmtree(workspace / "dlt")
    again = test("buildkite_tables")
    assert len(again) == 5
    assert not any(map(asks_history, again))
    isolated.file.unlink()
    anew = test("buildkite_tables")
    assert any(map(asks_history, first))
    assert any(map(asks_history, anew))
