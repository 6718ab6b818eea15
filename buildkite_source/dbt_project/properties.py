"""What dbt is told of tables, models and notebooks beside SQL: descriptions and tests."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from buildkite_source.metrics import View
from buildkite_source.metrics.documentation import description_of

from .exposures import Exposure
from .relations import SOURCE, ref, source
from .sources import Source

# A load that is to run every day may be late by a night.
_FRESHNESS = {
    "warn_after": {"count": 24, "period": "hour"},
    "error_after": {"count": 48, "period": "hour"},
}


def sources(tables: Iterable[Source]) -> dict[str, Any]:
    """Return the properties of the tables that are read."""
    return {
        "version": 2,
        "sources": [
            {
                "name": SOURCE,
                "description": "What buildkite-pipeline has loaded from Buildkite, by dlt",
                "database": "{{ var('buildkite_database', none) or target.database }}",
                "schema": "{{ var('buildkite_schema') }}",
                "tables": [_source(table) for table in tables],
            }
        ],
    }


def models(views: Iterable[View]) -> dict[str, Any]:
    """Return the properties of the models of views."""
    return {"version": 2, "models": [_model(view) for view in views]}


def described(found: Iterable[tuple[str, str, Mapping[str, str]]]) -> dict[str, Any]:
    """Return the properties of models that are no views.

    Args:
        found: Name, description, and columns with theirs, of each.
    """
    return {
        "version": 2,
        "models": [
            {
                "name": name,
                "description": description,
                "columns": [_column(one, text) for one, text in columns.items()],
            }
            for name, description, columns in found
        ],
    }


def exposures(
    found: Iterable[Exposure], tables: Collection[str], views: Collection[str]
) -> dict[str, Any]:
    """Return the properties of what asks the models.

    Args:
        found: What asks; left out where it asks no model.
        tables: Tables that are there.
        views: Models that are there; what else is asked is left out.
    """
    return {
        "version": 2,
        "exposures": [
            {
                "name": one.name,
                "label": one.title,
                "type": "notebook",
                "description": one.question,
                "owner": {"name": "buildkite-pipeline notebooks"},
                "depends_on": [
                    *(ref(name) for name in sorted(one.asks) if name in views),
                    *(source(name) for name in sorted(one.asks) if name in tables),
                ],
            }
            for one in found
            if one.asks & {*views}
        ],
    }


def _source(table: Source) -> dict[str, Any]:
    told: dict[str, Any] = {"name": table.name, "description": f"{table.description}."}
    if table.loaded_at:
        told["loaded_at_field"] = table.loaded_at
    if table.fresh_where:
        told["config"] = {"freshness": {**_FRESHNESS, "filter": table.fresh_where}}
    columns = {name: f"{text}." for name, text in table.columns.items()}
    told["columns"] = _columns(columns, table.key, set(table.required).__contains__)
    return told


def _model(view: View) -> dict[str, Any]:
    paragraphs = (view.title, *view.definition, f"One row per {view.grain}.")
    columns = {name: description_of(view, name) for name in view.columns}
    return {
        "name": view.name,
        "description": "\n\n".join(paragraphs),
        "columns": _columns(
            columns, tuple(view.key), lambda name: view.key.get(name, True) is False
        ),
    }


def _columns(
    columns: Mapping[str, str], key: Sequence[str], is_required: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """Return columns with their tests; a key of several columns has a test of its own."""
    found = []
    for name, text in columns.items():
        tests = ["unique"] if list(key) == [name] else []
        tests += ["not_null"] if is_required(name) else []
        found.append(_column(name, text, tests))
    return found


def _column(name: str, text: str, tests: Sequence[str] = ()) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "description": text}
    return {**column, "data_tests": list(tests)} if tests else column
