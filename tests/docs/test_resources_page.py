import re
from pathlib import Path

import dlt
import pytest

from buildkite_source.catalog import ENDPOINTS, SCOPES
from buildkite_source.catalog.documentation import markdown
from buildkite_source.catalog.left_out import LEFT_OUT, SPECIAL
from buildkite_source.tables import ASKED, EVERY_TABLE, EXPORTS, REJECTED, SENT
from tests.cli.conftest import cli, simulator, world_config
from tests.cli.running import Cli

from .every_get import EVERY_GET

__all__ = ["cli", "simulator", "world_config"]

_PAGE = Path(__file__).parents[2] / "docs" / "resources.md"


def _anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path.partition("?")[0])


def test_the_page_is_what_the_catalog_generates() -> None:
    assert _PAGE.read_text() == markdown(ENDPOINTS) + "\n", (
        "Run: uv run python -m buildkite_source.catalog > docs/resources.md"
    )


def test_every_endpoint_is_a_resource_or_left_out_with_a_reason() -> None:
    read = {_anonymous(each.path) for each in (*ENDPOINTS, *SPECIAL)}
    left_out = {_anonymous(path) for path in LEFT_OUT}
    assert not read & left_out
    assert read | left_out == set(EVERY_GET)
    assert all(LEFT_OUT.values())


def test_every_table_is_read_from_somewhere() -> None:
    # What is rejected comes from any of them, exports lie in a bucket, events are sent, and actions
    # are asked for.
    elsewhere = {table.name for table in (*EXPORTS, *SENT, *ASKED, REJECTED)}
    assert {*SCOPES, *elsewhere} == {table.name for table in EVERY_TABLE}


def test_the_example_adds_an_endpoint(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__SINCE", "90d")
    (code,) = re.findall(r"```python\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    exec(compile(code, str(_PAGE), "exec"), {})
    rows = dlt.pipeline("my_pipeline", destination="duckdb", dataset_name="ci").dataset()(
        "SELECT organization_id, suite_id, name, instances FROM flaky_tests"
    )
    assert rows.fetchall()
    assert all(None not in row for row in rows.fetchall())
