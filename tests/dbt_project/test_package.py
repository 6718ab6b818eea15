"""The files of a package: the same each time, and every name in them leads somewhere."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from buildkite_source.cli.notebooks import notebooks_folder
from buildkite_source.dbt_project import Package, exposures_of, files_of, sources_of
from buildkite_source.dbt_project.incremental import DESCRIBED
from buildkite_source.dbt_project.settings import described
from buildkite_source.load.choice import chosen
from buildkite_source.metrics import Given, View, every_view, statement
from buildkite_source.metrics.documentation import description_of
from buildkite_source.tables import BUILDS, JOB_LOG_LINES, JOBS
from tests.cli.running import PROGRAMS, Cli, environment, run

# Every group and every dialect once.
_QUICK = (("core", "duckdb"), ("core,details,logs", "postgres"))
_CALL = re.compile(r"(ref|source)\('(\w+)'(?:, '(\w+)')?\)")
_OF_JINJA = ("{{", "{%", "{#")
_GIVEN = Given({"gpu": 3.0}, ["ship"], "open", {"web": "by_state"}, 30)


def made(
    resources: str, dialect: str = "duckdb", *, include_secrets: bool = False
) -> dict[str, str]:
    """Return the files of a package, of which several tests look at the same one."""
    return dict(_made(resources, dialect, include_secrets))


@cache
def _made(resources: str, dialect: str, include_secrets: bool) -> dict[str, str]:
    sources = sources_of(chosen(resources), include_secrets=include_secrets)
    folder = notebooks_folder()
    assert folder
    return files_of(Package(dialect, "ci", sources, _GIVEN, exposures_of(folder)))


def _of_resources() -> list[View]:
    """Return the views but for those of events, which are sent, and of actions, which are asked.

    Neither belongs to any choice of resources.
    """
    return [view for view in every_view() if view.reads.isdisjoint({"events", "actions"})]


def properties(files: dict[str, str], name: str) -> list[dict[str, Any]]:
    """Return all that the package tells of models, sources or exposures."""
    parsed = [
        yaml.load(text, Loader=yaml.CSafeLoader)
        for path, text in files.items()
        if path.startswith("models/") and path.endswith(".yml")
    ]
    return [one for each in parsed for one in each.get(name, ())]


def calls(files: dict[str, str]) -> Iterator[tuple[str, str]]:
    for path, text in files.items():
        if path.startswith("models/metrics/") or path.startswith("tests/"):
            yield from ((kind, name or first) for kind, first, name in _CALL.findall(text))
    for exposure in properties(files, "exposures"):
        for call in exposure["depends_on"]:
            ((kind, first, name),) = _CALL.findall(call)
            yield kind, name or first


@pytest.mark.parametrize(
    ("resources", "dialect"),
    [
        pytest.param(
            resources,
            dialect,
            marks=() if (resources, dialect) in _QUICK else pytest.mark.slow,
        )
        for resources, dialect in product(
            ("core", "core,details,logs", "all", "builds"), ("duckdb", "postgres")
        )
    ],
)
def test_every_name_leads_somewhere(resources: str, dialect: str) -> None:
    files = made(resources, dialect)
    (source,) = properties(files, "sources")
    tables = {table["name"] for table in source["tables"]}
    models = {path.split("/")[-1][:-4] for path in files if re.match(r"models/.*\.sql", path)}
    assert {model["name"] for model in properties(files, "models")} == models
    named = set(calls(files))
    assert {name for kind, name in named if kind == "ref"} <= models
    assert {name for kind, name in named if kind == "source"} <= tables
    beside = {name for name, *_ in (*described(), *DESCRIBED)}
    assert models - beside == {
        view.name for view in every_view() if f"models/metrics/{view.name}.sql" in files
    }


def test_what_is_not_loaded_is_left_out() -> None:
    core, every = (made(names) for names in ("core", "core,details,logs"))
    left_out = {path.rpartition("/")[2] for path in every.keys() - core.keys()}
    assert left_out == {
        "metric_failure_annotations.sql",
        "metric_failure_signatures.sql",
        "job_log_lines_key.sql",
    }
    for name in ("metric_failure_annotations", JOB_LOG_LINES.name):
        assert name in {called for _, called in calls(every)}
        assert name not in {called for _, called in calls(core)}


def test_nothing_is_left_of_views_without_their_tables() -> None:
    files = made("organizations")
    # That one reads what is set, and nothing else.
    names = [model["name"] for model in properties(files, "models")]
    assert sorted(names) == ["given_queue_prices", "metric_queue_prices"]
    assert not any(path.endswith("_key.sql") for path in files)
    assert properties(files, "exposures") == []


def test_columns_of_models_are_described_and_tested() -> None:
    files = made("core,details,logs")
    models = {model["name"]: model for model in properties(files, "models")}
    for view in _of_resources():
        columns = {column["name"]: column for column in models[view.name]["columns"]}
        assert list(columns) == list(view.columns)
        for name, column in columns.items():
            assert column["description"] == description_of(view, name)
            assert ("not_null" in column.get("data_tests", ())) is (view.key.get(name) is False)
        has_own_test = f"tests/{view.name}_key.sql" in files
        unique = [name for name in columns if "unique" in columns[name].get("data_tests", ())]
        assert has_own_test is (len(view.key) > 1)
        assert unique == ([] if has_own_test else list(view.key))


def test_columns_of_tables_are_those_that_are_loaded() -> None:
    for secrets in (False, True):
        files = made("core", include_secrets=secrets)
        (source,) = properties(files, "sources")
        told = {table["name"]: table for table in source["tables"]}
        for table in (BUILDS, JOBS):
            columns = (table if secrets else table.without_secrets()).columns
            assert [column["name"] for column in told[table.name]["columns"]] == [
                column.name for column in columns
            ]
            assert told[table.name]["columns"][0]["data_tests"] == ["unique", "not_null"]
            assert told[table.name]["loaded_at_field"] == "fetched_at"


def test_tables_of_which_rows_are_only_added_have_no_key() -> None:
    (source,) = properties(made("agents"), "sources")
    (table,) = [one for one in source["tables"] if one["name"] == "agent_observations"]
    tests = {one["name"]: one["data_tests"] for one in table["columns"] if "data_tests" in one}
    assert tests == {"agent_id": ["not_null"]}


def test_what_is_set_stands_in_the_variables() -> None:
    project = yaml.safe_load(made("core")["dbt_project.yml"])
    assert project["vars"] == {
        "buildkite_schema": "ci",
        "buildkite_queue_prices": {"gpu": 3.0},
        "buildkite_deploying_pipelines": ["ship"],
        "buildkite_blocked_builds": "open",
        "buildkite_blocked_builds_by_pipeline": {"web": "by_state"},
        "buildkite_open_days": 30,
    }


def test_every_setting_has_a_model_with_its_columns() -> None:
    files = made("core")
    told = {name: list(columns) for name, _, columns in described()}
    queries = Given().tables()
    assert told == {name: query.named_selects for name, query in queries.items()}
    for name in told:
        assert "var('buildkite_" in files[f"models/settings/{name}.sql"]


@pytest.mark.parametrize("view", every_view(), ids=lambda view: view.name)
def test_no_text_of_ours_is_taken_for_jinja(view: View) -> None:
    texts = [
        statement(view, dialect, lambda name: ("ci", name), Given())
        for dialect in ("duckdb", "postgres")
    ]
    texts += [view.title, *view.definition, *(description_of(view, name) for name in view.columns)]
    assert not any(sign in text for text in texts for sign in _OF_JINJA)


@pytest.mark.slow
def test_the_command_writes_the_same_in_every_process(cli: Cli, tmp_path: Path) -> None:
    found = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        env = environment(cli.folder, PYTHONHASHSEED=seed, DLT_PROJECT_DIR=str(cli.folder))
        words = (PROGRAMS / "buildkite-pipeline", "dbt-project", "--to", str(folder))
        outcome = run(sys.executable, *words, cwd=cli.folder, env=env)
        assert outcome.code == 0, outcome.text
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        found.append({str(path.relative_to(folder)): path.read_bytes() for path in paths})
    assert found[0] == found[1] != {}
    assert str(cli.folder).encode() not in b"".join(found[0].values())


def test_the_demo_has_a_package_of_all_that_it_loads(cli: Cli, tmp_path: Path) -> None:
    cli.loads("dbt-project", "--demo", "--to", str(tmp_path / "package"))
    project = yaml.safe_load((tmp_path / "package/dbt_project.yml").read_text())
    assert project["vars"]["buildkite_schema"] == "buildkite_demo_data"
    written = {file.stem for file in (tmp_path / "package/models/metrics").glob("*.sql")}
    assert written == {view.name for view in _of_resources()}


def test_the_dataset_is_named_as_dlt_names_it(cli: Cli, tmp_path: Path) -> None:
    cli.loads("dbt-project", "--dataset", "My-CI", "--to", str(tmp_path / "package"))
    project = yaml.safe_load((tmp_path / "package/dbt_project.yml").read_text())
    assert project["vars"]["buildkite_schema"] == "my_ci"


def test_a_folder_must_be_named(cli: Cli) -> None:
    outcome = cli("dbt-project")
    assert outcome.code == 2
    assert "dbt-project needs --to FOLDER" in outcome.err


@pytest.mark.parametrize("destination", ["filesystem", "sqlalchemy"])
def test_a_destination_without_sql_of_its_own_is_refused(cli: Cli, destination: str) -> None:
    told = cli.fails("dbt-project", "--destination", destination, "--to", str(cli.folder / "new"))
    assert f"The destination {destination} has no SQL" in told
    assert not (cli.folder / "new").exists()
