"""The controls of a page, and what was chosen with them."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, Self
from zoneinfo import available_timezones

import marimo as mo
from sqlglot import exp, parse_one

from buildkite_source.answers.answer import Answer
from buildkite_source.answers.questions import Warehouse
from buildkite_source.metrics.functions import DIALECT

# What a row of a level is called.
LEVELS = {
    "organization": "organization_slug",
    "pipeline": "organization_slug || '/' || pipeline_slug",
    "branch class": "branch_class",
    "queue": "organization_slug || '/' || queue",
}
CLASSES = ("default branch", "pull request", "other")
# Those of metric_windows.
DAYS = {"7 days": 7, "28 days": 28, "90 days": 90}
# Controls that depend on no other.
Name = Literal["branch_class", "days", "zone"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen; None for all.

    Attributes:
        warehouse: What answers questions about it.
        organization: Id.
        pipeline: Id.
        branch_class: One of `CLASSES`.
        days: Length of the window.
        zone: Time zone of days and times shown.
        alias: Alias of the view whose rows are chosen.
    """

    warehouse: Warehouse
    organization: str | None = None
    pipeline: str | None = None
    branch_class: str | None = None
    days: int = 28
    zone: str = "UTC"
    alias: str = ""

    @property
    def bucket(self) -> str:
        """What a trend counts by."""
        return "day" if self.days <= 28 else "week"

    def of(self, alias: str = "", *, pipelines: bool = True, branches: bool = True) -> Self:
        """Return the same, of the rows of a view.

        Args:
            alias: Alias of the view in the query.
            pipelines: The view has pipelines; else those of all are chosen.
            branches: The view has a branch class; else those of all are chosen.
        """
        return replace(
            self,
            alias=alias,
            pipeline=self.pipeline if pipelines else None,
            branch_class=self.branch_class if branches else None,
        )

    def ask(self, sql: str, **values: Any) -> Answer:
        """Ask the warehouse about what was chosen.

        Args:
            sql: The query; in it, `:chosen` stands for the condition on the rows of the view, and
                `:days`, `:bucket` and `:zone` for what they are here.
            values: What other names stand for.
        """
        return self.warehouse.ask(
            sql,
            chosen=self._condition(),
            days=self.days,
            bucket=self.bucket,
            zone=self.zone,
            **values,
        )

    def _condition(self) -> exp.Condition:
        wanted = {
            "organization_id": self.organization,
            "pipeline_id": self.pipeline,
            "branch_class": self.branch_class,
        }
        conditions = [
            exp.column(name, table=self.alias or None).eq(exp.Literal.string(value))
            for name, value in wanted.items()
            if value is not None
        ]
        return exp.and_(*conditions) if conditions else exp.true()


def named(level: str) -> Any:
    """Return what a row of one of the `LEVELS` is called."""
    return parse_one(LEVELS[level], dialect=DIALECT)


def organizations(warehouse: Warehouse) -> Any:
    """Return the control that chooses an organization."""
    found = warehouse.ask(
        "SELECT DISTINCT organization_slug, organization_id FROM metric_build_classes ORDER BY 1, 2"
    ).rows
    return _dropdown(_named(found.values.tolist()), "organization", "All organizations")


def pipelines(warehouse: Warehouse, organization: str | None) -> Any:
    """Return the control that chooses one of an organization's pipelines."""
    found = (
        Chosen(warehouse, organization)
        .ask(
            "SELECT DISTINCT pipeline_slug, pipeline_id FROM metric_build_classes WHERE :chosen "
            "ORDER BY 1, 2",
            branches=False,
        )
        .rows
    )
    return _dropdown(_named(found.values.tolist()), "pipeline", "All pipelines")


def others(*wanted: Name) -> Any:
    """Return the controls that depend on no other, as one: those wanted, else all.

    The organization stands apart: a change of these must not make the pipelines' control anew.
    """
    made: dict[Name, Any] = {
        "branch_class": _dropdown({name: name for name in CLASSES}, "branch class", "All branches"),
        "days": mo.ui.dropdown(DAYS, value="28 days", label="last"),
        "zone": mo.ui.dropdown(_zones(), value="UTC", searchable=True, label="time zone"),
    }
    return mo.ui.dictionary({name: made[name] for name in wanted or made})


def chosen(warehouse: Warehouse, organization: Any, pipeline: Any, others: Any) -> Chosen:
    """Return what was chosen with the controls of a page."""
    return Chosen(warehouse, organization.value, pipeline.value, **others.value)


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())


def _dropdown(options: dict[str, str], label: str, everything: str) -> Any:
    return mo.ui.dropdown(
        {everything: None, **options}, value=everything, searchable=True, label=label
    )


def _named(found: list[list[str]]) -> dict[str, str]:
    """Return ids by names; equal names get numbers, as pipelines of two organizations may be."""
    named: dict[str, str] = {}
    for slug, id_ in found:
        name, number = slug, 1
        while name in named:
            number += 1
            name = f"{slug} ({number})"
        named[name] = id_
    return named
