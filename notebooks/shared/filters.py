"""The controls of a page, and what was chosen with them."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, Self
from zoneinfo import available_timezones

import marimo as mo
from sqlglot import exp, parse_one

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
        organization: Id.
        pipeline: Id.
        branch_class: One of `CLASSES`.
        days: Length of the window.
        zone: Time zone of days and times shown.
    """

    organization: str | None = None
    pipeline: str | None = None
    branch_class: str | None = None
    days: int = 28
    zone: str = "UTC"

    @property
    def bucket(self) -> str:
        """What a trend counts by."""
        return "day" if self.days <= 28 else "week"

    def but(self, **changes: Any) -> Self:
        """Return the same with changes."""
        return replace(self, **changes)

    def where(self, *, of: str = "", branches: bool = True) -> exp.Condition:
        """Return the condition on rows of a view.

        Args:
            of: Alias of the view.
            branches: The view has a branch class.
        """
        wanted = {"organization_id": self.organization, "pipeline_id": self.pipeline}
        if branches:
            wanted["branch_class"] = self.branch_class
        conditions = [
            exp.column(name, table=of or None).eq(exp.Literal.string(value))
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
    found = warehouse.ask(
        "SELECT DISTINCT pipeline_slug, pipeline_id FROM metric_build_classes WHERE :chosen "
        "ORDER BY 1, 2",
        chosen=Chosen(organization).where(branches=False),
    ).rows
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


def chosen(organization: Any, pipeline: Any, others: Any) -> Chosen:
    """Return what was chosen with the controls of a page."""
    return Chosen(organization.value, pipeline.value, **others.value)


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
