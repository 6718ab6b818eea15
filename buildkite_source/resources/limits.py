"""`add_limit` for tables: a number of pages of each list.

dlt limits top-level resources only, and here every table hangs on the pages of an endpoint. A
limit is a mark on the table's pipe, so that it survives dlt's cloning; the paginator reads it
when a list begins, and stops asking after that many pages.
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import dlt
from dlt.extract import DltResource
from dlt.extract.items_transform import BaseItemTransform

from buildkite_source.defaults import PER_PAGE


class PageLimit(BaseItemTransform[dict[str, Any]]):
    """Marks a table as limited; passes every item on."""

    def __init__(self, pages: int) -> None:
        super().__init__()
        self.pages = pages

    def __call__(self, item: Any, meta: Any = None) -> Any:
        """Return the item as it is."""
        del meta
        return item


class TableResource(DltResource):
    """A table that can be limited to the first pages of each list it is read from."""

    def add_limit(
        self,
        max_items: int | None = None,
        max_time: float | None = None,
        count_rows: bool | None = False,
    ) -> Self:
        """Limit each list to `max_items` pages, or with `count_rows` to about as many objects.

        A limited load does not count as coverage: the next load without the limit fetches
        what this one left out. `max_time` is not supported.
        """
        if max_time is not None:
            raise ValueError("tables of Buildkite can be limited by items, not by time")
        self._pipe.remove_by_type(PageLimit)
        if max_items is not None:
            self.add_step(PageLimit(math.ceil(max_items / PER_PAGE) if count_rows else max_items))
        return self


def page_limit(tables: Sequence[str]) -> int | None:
    """Return the pages that this extraction may read for `tables`, or None for all.

    Tables that share a list share the widest of their limits.
    """
    selected = dlt.current.source().resources.selected
    limits = [_limit_of(selected[table]) for table in tables if table in selected]
    known = [limit for limit in limits if limit is not None]
    return max(known) if known and len(known) == len(limits) else None


def _limit_of(resource: DltResource) -> int | None:
    steps = resource._pipe.steps
    return next((step.pages for step in steps if isinstance(step, PageLimit)), None)
