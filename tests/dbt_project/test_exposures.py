"""Which views notebooks ask, as their code tells it: held against what they really ask."""

import json
import sys
from pathlib import Path

import pytest

from buildkite_source.dbt_project import exposures_of
from tests.cli.running import REPOSITORY, run
from tests.notebooks.conftest import Project, company, project

__all__ = ["company", "project"]

_NOTEBOOKS = REPOSITORY / "notebooks"
_HEAD = 'from shared import page\nTITLE = "Rates"\nQUESTION = "How many?"\n'
_SHARED = """
def opened(warehouse):
    return _told(warehouse)

def _told(warehouse):
    return warehouse.ask("SELECT * FROM metric_clock")

def unused(warehouse):
    return warehouse.ask("SELECT * FROM metric_jobs")
"""
# Questions that wait until a row of a list is chosen, or another breakdown.
_WAITING = {
    "failures_and_logs": {"job_log_lines", "metric_attempts", "metric_failure_annotations"},
    "success_rates": {"metric_attempts"},
}
# Runs a notebook with what it asks written down.
_LISTEN = """
import json, runpy, sys
from sqlglot import parse_one
from buildkite_source.answers.questions import Warehouse
from buildkite_source.warehouse.queries import tables_of

asked, ask = set(), Warehouse.ask

def listen(self, sql, **values):
    asked.update(table.name for table in tables_of(parse_one(sql, dialect="duckdb")))
    return ask(self, sql, **values)

Warehouse.ask = listen
sys.path.insert(0, sys.argv[1])
found = {}
for name in sys.argv[2:]:
    asked.clear()
    runpy.run_path(f"{sys.argv[1]}/{name}.py")["app"].run()
    found[name] = sorted(asked)
print(json.dumps(found))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "page.py").write_text(_SHARED)
    return tmp_path


def test_what_a_notebook_calls_counts_and_what_it_does_not_call_does_not(folder: Path) -> None:
    asks = 'chosen.of("b").ask("WITH one AS (SELECT * FROM metric_builds) SELECT * FROM one, runs")'
    (folder / "rates.py").write_text(f"{_HEAD}page.opened(1)\n{asks}\n")
    (found,) = exposures_of(folder)
    assert (found.name, found.title, found.question) == ("rates", "Rates", "How many?")
    assert found.asks == {"metric_clock", "metric_builds", "runs"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (f"{_HEAD}chosen.ask(f'SELECT * FROM {{name}}')\n", "rates, line 4: a query that is no"),
        (f"{_HEAD}chosen.ask(sql)\n", "rates, line 4: a query that is no text"),
        ('TITLE = "Rates"\n', "rates has no TITLE or no QUESTION"),
    ],
)
def test_a_notebook_that_cannot_be_read_is_an_error(folder: Path, code: str, told: str) -> None:
    (folder / "rates.py").write_text(code)
    with pytest.raises(ValueError, match=told):
        exposures_of(folder)


def test_the_notebooks_are_read() -> None:
    found = {one.name: one for one in exposures_of(_NOTEBOOKS)}
    assert set(found) == {file.stem for file in _NOTEBOOKS.glob("*.py")}
    for one in found.values():
        assert {"metric_clock", "metric_build_classes"} < one.asks
        assert one.title
        assert one.question.endswith("?")
    assert {"runs", "waiting_details", "metric_coverage"} < found["data_quality"].asks
    assert "metric_jobs" not in found["success_rates"].asks


@pytest.mark.slow
def test_they_ask_what_their_code_tells(project: Project) -> None:
    told = {one.name: one.asks for one in exposures_of(_NOTEBOOKS)}
    words = (sys.executable, "-c", _LISTEN, str(_NOTEBOOKS), *told)
    outcome = run(*words, cwd=project.folder, env=project.env, timeout=300)
    assert outcome.code == 0, outcome.text
    asked = json.loads(outcome.out.splitlines()[-1])
    waiting = {name: told[name] - set(views) for name, views in asked.items()}
    assert all(set(views) <= told[name] for name, views in asked.items())
    assert {name: views for name, views in waiting.items() if views} == _WAITING
