"""Heavy views as incremental models: each run works out again the builds that have changed.

`materialized_changes` is made first: the builds of which rows may be others than the models have,
and all builds of their commits. Each model deletes the rows of these, and adds them anew.
`materialized_builds` is made last, and says what the models were made from: where one of them
fails, dbt does not come to it, and the next run finds the same changes and those since.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlglot import exp, parse_one

from buildkite_source.metrics import Given, View
from buildkite_source.metrics.functions import DIALECT, spell_out
from buildkite_source.metrics.materialized import BY_BUILD, BY_COMMIT, ROWS
from buildkite_source.metrics.views import with_given, with_views
from buildkite_source.warehouse.dialects import translated
from buildkite_source.warehouse.queries import located, text_of

from .relations import jinja, ref, source

CHANGES, BUILDS = "materialized_changes", "materialized_builds"
# Name, description and columns of these two.
DESCRIBED: Sequence[tuple[str, str, Mapping[str, str]]] = (
    (
        CHANGES,
        "Builds to be worked out again in the incremental models: those that have changed, as "
        "they are and as they were, and all of the same commits. Each run makes it anew",
        {"build_id": "Build", "stands": "As it is now; otherwise as the models have it"},
    ),
    (
        BUILDS,
        "What the incremental models were made from, written once all of them are",
        {"build_id": "Build"},
    ),
)
# What each run does with them, whatever else a project of one's own sets.
_APPEND = {
    "+materialized": "incremental",
    "+incremental_strategy": "append",
    "+on_schema_change": "sync_all_columns",
}
_BY_ID = ("id",)
# When rows are of builds that have changed, by the columns that say so.
_UNITS = {
    _BY_ID: "c.changed_build = id",
    BY_BUILD: "c.changed_build = build_id",
    BY_COMMIT: "c.changed_pipeline = pipeline_id AND c.changed_commit = commit",
}
_IS_CHANGED = """EXISTS (
  SELECT 1 FROM (
    SELECT build_id AS changed_build, pipeline_id AS changed_pipeline, commit AS changed_commit
    FROM changes
  ) AS c WHERE {unit}
)"""
_COLUMNS = (
    "build_id, pipeline_id, commit, fetched_at, pipeline_slug, default_branch, definition, "
    "jobs_until, logs_until"
)
_STANDING = """
  SELECT b.id AS build_id, b.pipeline_id, CASE WHEN b.commit <> 'HEAD' THEN b.commit END AS commit,
    b.fetched_at, p.slug AS pipeline_slug, p.default_branch,
    CAST(:definition AS TEXT) AS definition,
    (SELECT max(fetched_at) FROM jobs) AS jobs_until,
    (SELECT max(fetched_at) FROM {logs}) AS logs_until
  FROM builds AS b LEFT JOIN pipelines AS p ON p.id = b.pipeline_id"""
_ALL = f"SELECT {_COLUMNS}, TRUE AS stands FROM ({_STANDING}) AS standing"
# Rows of jobs and logs may come without their build.
_CHANGED = f"""
WITH standing AS ({_STANDING}), kept AS (SELECT {_COLUMNS} FROM materialized), changed AS (
  SELECT s.build_id FROM standing AS s LEFT JOIN kept AS k ON k.build_id = s.build_id
  WHERE k.build_id IS NULL OR k.fetched_at IS DISTINCT FROM s.fetched_at
    OR k.pipeline_slug IS DISTINCT FROM s.pipeline_slug
    OR k.default_branch IS DISTINCT FROM s.default_branch
    OR k.definition <> s.definition
  UNION SELECT k.build_id FROM kept AS k LEFT JOIN standing AS s ON s.build_id = k.build_id
  WHERE s.build_id IS NULL
  UNION SELECT build_id FROM jobs WHERE fetched_at > (SELECT max(jobs_until) FROM kept)
  UNION SELECT build_id FROM {{logs}} WHERE fetched_at > (SELECT max(logs_until) FROM kept)
), either AS (
  SELECT {_COLUMNS}, TRUE AS stands FROM standing
  UNION ALL SELECT {_COLUMNS}, FALSE AS stands FROM kept
), commits AS (
  SELECT DISTINCT e.pipeline_id, e.commit FROM either AS e
  JOIN changed AS c ON c.build_id = e.build_id WHERE e.commit IS NOT NULL
)
SELECT e.* FROM either AS e JOIN changed AS c ON c.build_id = e.build_id
UNION
SELECT e.* FROM either AS e
JOIN commits AS c ON c.pipeline_id = e.pipeline_id AND c.commit = e.commit"""

_STATE = f"""{{% macro materialized_builds() -%}}
  {{#- None where nothing is kept yet, or is to be kept anew -#}}
  {{%- if execute and not flags.FULL_REFRESH -%}}
    {{%- set node = graph.nodes['model.buildkite.{BUILDS}'] -%}}
    {{{{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}}}
  {{%- endif -%}}
  {{{{ return(none) }}}}
{{%- endmacro %}}
"""
_DEFINITION = """{{% macro definition() -%}}
  {{{{ return('{mark}' ~ local_md5(tojson([{variables}]))) }}}}
{{%- endmacro %}}
"""
_ROWS = """{{% macro rows_by_{name}(relation) -%}}
  {{%- set changes = {changes} -%}}
  {{%- if is_incremental() -%}}
  ({rows})
  {{%- else -%}}
  {{{{ relation }}}}
  {{%- endif -%}}
{{%- endmacro %}}
"""
_DELETE = """{{% macro delete_by_{name}() -%}}
  {{%- set changes = {changes} -%}}
  {{%- if is_incremental() -%}}
  DELETE FROM {{{{ this }}}} WHERE {is_changed}
  {{%- endif -%}}
{{%- endmacro %}}
"""


class Incremental:
    """The models of the views that can be kept as tables.

    Args:
        views: All views that are models.
        tables: Names of the tables of the dataset.
        variables: Names of what users set.
        dialect: As sqlglot names it.
    """

    def __init__(
        self,
        views: Iterable[View],
        tables: Collection[str],
        variables: Collection[str],
        dialect: str,
    ) -> None:
        self._views = {view.name: view for view in views if view.unit}
        self._tables = tables
        self._variables = variables
        self._dialect = dialect

    def __contains__(self, view: View) -> bool:
        return view.name in self._views

    def model(self, view: View, given: Given) -> str:
        """Return the SQL of a model: on all rows, or on those of changed builds.

        Args:
            view: One of these.
            given: What users set, or what is asked of other models.
        """
        query = with_given(view, given)
        return self._text(with_views(query, given, self._of_changed, standing=self._views))

    def files(self) -> dict[str, str]:
        """Return the text of each file beside the models of the views, by its path."""
        if not self._views:
            return {}
        every = "\n".join(f"-- depends_on: {{{{ {ref(name)} }}}}" for name in self._views)
        state = self._query(f"SELECT {_COLUMNS} FROM changes WHERE stands")
        changes = (
            f"{{% if buildkite.materialized_builds() %}}\n{self._query(_CHANGED)}\n"
            f"{{% else %}}\n{self._query(_ALL)}\n{{% endif %}}"
        )
        return {
            "macros/incremental.sql": self._macros(),
            f"models/incremental/{CHANGES}.sql": f"{changes}\n",
            f"models/incremental/{BUILDS}.sql": f"{every}\n{state}\n",
        }

    def config(self) -> dict[str, Any]:
        """Return what `dbt_project.yml` says of the models of the views, by name."""
        return {name: _appended(view.unit) for name, view in self._views.items()}

    def config_beside(self) -> dict[str, Any]:
        """Return what it says of the models beside them."""
        if not self._views:
            return {}
        return {CHANGES: {"+materialized": "table"}, BUILDS: _appended(BY_BUILD)}

    def _macros(self) -> str:
        marked = "".join([_ALL, _CHANGED, *(view.query.sql() for view in self._views.values())])
        variables = ", ".join(f"var('{name}')" for name in self._variables)
        mark = hashlib.sha256(marked.encode()).hexdigest()[:16]
        parts = [_STATE, _DEFINITION.format(mark=mark, variables=variables)]
        for unit, condition in _UNITS.items():
            sql = f"SELECT * FROM relation WHERE {_IS_CHANGED.format(unit=condition)}"
            rows = self._own(sql, changes="changes", relation="relation")
            told = {"name": _named(unit), "changes": ref(CHANGES)}
            parts.append(_ROWS.format(rows=self._text(rows), **told))
            if unit != _BY_ID:
                is_changed = self._text(rows.args["where"].this)
                parts.append(_DELETE.format(is_changed=is_changed, **told))
        return "\n".join(parts)

    def _query(self, sql: str) -> str:
        # Without logs, jobs say the same once more.
        logs = "job_logs" if "job_logs" in self._tables else "jobs"
        calls = {"changes": ref(CHANGES), "materialized": "buildkite.materialized_builds()"}
        return self._text(self._own(sql.replace("{logs}", logs), **calls))

    def _own(self, sql: str, **calls: str) -> exp.Expr:
        """Return a query of ours, in which some names are calls of Jinja."""
        query = spell_out(parse_one(sql, dialect=DIALECT))
        for placeholder in [*query.find_all(exp.Placeholder)]:
            placeholder.replace(jinja("buildkite.text(buildkite.definition())"))

        def path(name: str) -> Sequence[exp.Expr | None]:
            return None, jinja(calls.get(name) or source(name))

        return located(translated(query, self._dialect), path)

    def _of_changed(self, query: exp.Expr) -> exp.Expr:
        return located(translated(query, self._dialect), self._rows)

    def _rows(self, name: str) -> Sequence[exp.Expr | None]:
        call = source(name) if name in self._tables else ref(name)
        unit: tuple[str, ...] = ()
        if name in self._views:
            unit = self._views[name].unit
        elif name in ROWS:
            unit = _BY_ID if ROWS[name][1] == "id" else BY_BUILD
        return None, jinja(f"buildkite.rows_by_{_named(unit)}({call})" if unit else call)

    def _text(self, query: exp.Expr) -> str:
        return text_of(query, self._dialect, pretty=True)


def _appended(unit: tuple[str, ...]) -> dict[str, Any]:
    """Return how a model is made: old rows of what has changed go, and new ones are added."""
    return {**_APPEND, "+pre-hook": f"{{{{ buildkite.delete_by_{_named(unit)}() }}}}"}


def _named(unit: tuple[str, ...]) -> str:
    return "_and_".join(unit)
