"""Asks the questions of a digest."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlglot import exp

from buildkite_source import BuildkiteError
from buildkite_source.answers.numbers import absent
from buildkite_source.answers.questions import Warehouse
from buildkite_source.printable import one_line

from .figures import RED_SQL, figures_of
from .model import Section
from .most_failures import MOST_FAILURES
from .sections import OVERALL, SECTIONS
from .span import Span

_SPANS = """
SELECT
  coalesce(o.slug, c.organization_id) AS organization,
  c.organization_id,
  c.as_of,
  w.previous_from,
  w.window_from,
  w.window_to
FROM (SELECT * FROM metric_clock WHERE :organizations) AS c
LEFT JOIN (
  SELECT organization_id, max(organization_slug) AS slug FROM metric_freshness GROUP BY 1
) AS o ON o.organization_id = c.organization_id
LEFT JOIN metric_windows AS w ON w.organization_id = c.organization_id
ORDER BY 1, 2
"""
_PIPELINES = """
SELECT DISTINCT
  coalesce(organization_slug, organization_id) AS organization,
  organization_id,
  coalesce(pipeline_slug, pipeline_id) AS pipeline,
  pipeline_id
FROM metric_freshness
WHERE organization_id IS NOT NULL AND pipeline_id IS NOT NULL
ORDER BY 1, 2, 3, 4
"""
# Lists that have not been read from the start of the earlier span on without a gap.
_COVERAGE = """
SELECT w.organization_id, c.list, max(c.covered_from) AS covered_from
FROM (SELECT * FROM metric_windows WHERE :organizations) AS w
JOIN metric_coverage AS c ON c.organization_id = w.organization_id
WHERE c.covered_from < w.window_to
GROUP BY 1, 2
HAVING max(c.covered_from) > min(w.previous_from)
ORDER BY 2
"""

_ASKED = (*SECTIONS, MOST_FAILURES)


class DigestError(BuildkiteError):
    """There is no digest of what was asked for."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a digest is of, by slugs; all of it by default."""

    organizations: Sequence[str] = ()
    pipelines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked at of an organization.

    Attributes:
        organization: Slug.
        as_of: The moment its data is of.
        previous_since: Start of the earlier span, which ends at `since`.
        since: Start of the span.
        until: End of the span.
    """

    organization: str
    as_of: datetime
    previous_since: datetime
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A section and its answer.

    Attributes:
        section: The section.
        rows: The rows, by name of their columns; None for SQL's NULL.
        missing: Its view is not there, for its tables are not loaded.
    """

    section: Section
    rows: list[dict[str, Any]]
    missing: bool

    @property
    def nothing(self) -> str:
        """What to say where there are no rows."""
        return "Its tables are not loaded." if self.missing else self.section.empty


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest tells.

    Attributes:
        scope: What it is of.
        looked: The spans, one an organization.
        notes: What readers have to know of the figures.
        parts: The sections.
        most_failures: The pipelines with the most failed builds, for a short message.
        red: Pipelines whose default branch was red, or is, with `red_seconds` and
            `still_red_since`; the longest first, and all of them.
        figures: What a condition or a verdict is about, by name; see `figures`.
    """

    scope: Scope
    looked: list[Looked]
    notes: list[str]
    parts: list[Part]
    most_failures: Part
    red: list[dict[str, Any]]
    figures: dict[str, Any]

    @property
    def shown(self) -> list[Part]:
        """The sections that people are shown."""
        return [part for part in self.parts if part.rows or not part.section.only_if_any]


def collect(
    warehouse: Warehouse,
    span: Span,
    *,
    scope: Scope | None = None,
    top: int = 5,
    watch: Callable[[Sequence[Section]], Iterable[Section]] = iter,
) -> Digest:
    """Ask all questions.

    Args:
        warehouse: Answers them.
        span: The time.
        scope: What to look at.
        top: Rows of each section.
        watch: Passes the sections on, and may show how far they are.

    Raises:
        DigestError: Nothing is loaded of the scope, or nothing in the span; or the destination
            cannot answer.
    """
    if warehouse.refusal:
        raise DigestError(warehouse.refusal)
    scope = scope or Scope()
    windows = span.windows()
    organizations, pipelines = _conditions(warehouse, scope)
    looked, notes = _looked(warehouse, windows, organizations)
    notes += _partly_loaded(warehouse, windows, organizations)

    def ask(sql: str) -> tuple[list[dict[str, Any]], bool]:
        values = {"scope": pipelines, "organizations": organizations}
        limit = exp.Literal.number(top)
        answer = warehouse.ask(sql, windows=windows, top=limit, **values).in_utc()
        rows = answer.rows.astype(object).where(answer.rows.notna(), None)
        return rows.to_dict("records"), answer.missing

    parts = {section: Part(section, *ask(section.sql)) for section in watch(_ASKED)}
    most = parts.pop(MOST_FAILURES)
    red, no_red = ask(RED_SQL)
    figures = figures_of(parts[OVERALL].rows, None if no_red else red)
    return Digest(scope, looked, notes, list(parts.values()), most, red, figures)


def _conditions(warehouse: Warehouse, scope: Scope) -> tuple[exp.Condition, exp.Condition]:
    """Return the conditions that hold for the organizations, and for the pipelines.

    What the API told no slug of goes by its id.
    """
    answer = warehouse.ask(_PIPELINES)
    if answer.missing and warehouse.ask("SELECT id FROM builds LIMIT 0").missing:
        raise DigestError("Nothing is loaded yet into the dataset: run without a command first.")
    if answer.missing:
        raise DigestError("The dataset has no metric views. Make them with the command: views.")
    loaded = [tuple(row) for row in answer.rows.values.tolist()]
    if not loaded:
        raise DigestError("No builds are loaded.")
    _known("organization", scope.organizations, [row[0] for row in loaded])
    within = [row for row in loaded if not scope.organizations or row[0] in scope.organizations]
    _known("pipeline", scope.pipelines, [row[2] for row in within])
    within = [row for row in within if not scope.pipelines or row[2] in scope.pipelines]
    organizations = _one_of("organization_id", [row[1] for row in within])
    if not scope.pipelines:
        return organizations, organizations
    return organizations, _one_of("pipeline_id", [row[3] for row in within])


def _known(kind: str, wanted: Sequence[str], loaded: Iterable[str]) -> None:
    slugs = sorted(set(loaded))
    for slug in wanted:
        if slug not in slugs:
            shown = ", ".join(slugs[:20]) + (", …" if len(slugs) > 20 else "")
            raise DigestError(f"No {kind} {slug!r} is loaded. There are: {shown}.")


def _one_of(column: str, ids: Iterable[str]) -> exp.Condition:
    return exp.column(column).isin(*(exp.Literal.string(id_) for id_ in sorted(set(ids))))


def _looked(
    warehouse: Warehouse, windows: exp.Query, organizations: exp.Condition
) -> tuple[list[Looked], list[str]]:
    rows = warehouse.ask(_SPANS, windows=windows, organizations=organizations).in_utc().rows
    looked, notes = [], []
    for slug, _, as_of, previous, since, until in rows.values.tolist():
        if absent(since):
            notes.append(
                f"Nothing is loaded of {one_line(slug)} in this time: its data is of {as_of:%F %R}."
            )
        else:
            looked.append(Looked(slug, as_of, previous, since, until))
    if not looked:
        raise DigestError(
            f"{' '.join(notes)} Load what is newer, or choose an earlier time with --since."
        )
    return looked, notes


def _partly_loaded(
    warehouse: Warehouse, windows: exp.Query, organizations: exp.Condition
) -> list[str]:
    rows = warehouse.ask(_COVERAGE, windows=windows, organizations=organizations).in_utc().rows
    return [
        f"Of {one_line(name)}, not all builds created before {covered:%F %R} UTC are loaded: "
        "figures and comparisons are of those that are."
        for _, name, covered in rows.values.tolist()
    ]
