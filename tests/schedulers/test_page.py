"""docs/scheduling.md: what it names is there, and what it says was tried is what tests try."""

import re
import shlex

import pytest

from buildkite_source.cli import options
from tests.cli.running import REPOSITORY

from .isolated import SCHEDULERS
from .test_airflow import VERSIONS
from .test_dagster import DAGSTER
from .test_prefect import PREFECT

_PAGE = REPOSITORY / "docs" / "scheduling.md"
_TEXT = _PAGE.read_text()
_ROWS = re.findall(r"^\| [^|]+ \| `([\w./]+)` \| [^|]+ \| ([^|]+) \|$", _TEXT, re.MULTILINE)


def test_it_lists_all_examples() -> None:
    listed = {name.rstrip("/") for name, _ in _ROWS}
    assert listed == {path.name for path in SCHEDULERS.iterdir() if path.name != "__pycache__"}


def test_the_versions_are_those_that_tests_run() -> None:
    told = dict(_ROWS)
    for name in ("airflow_dag.py", "airflow_task_group_dag.py"):
        assert told[name] == f"run with {' and '.join(VERSIONS)}"
    assert told["dagster_dlt_assets.py"] == f"run with {DAGSTER.partition('==')[2]}"
    assert told["prefect_flow.py"] == f"run with {PREFECT.partition('==')[2]}"


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", _TEXT))
def test_links_lead_somewhere(link: str) -> None:
    assert (_PAGE.parent / link).exists()


def test_the_command_exists() -> None:
    (block,) = re.findall(r"^```sh\n(.*?)^```$", _TEXT, re.MULTILINE | re.DOTALL)
    _, *arguments = shlex.split(block)
    assert options.parse(arguments).fresh
