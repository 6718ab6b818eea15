"""Prints `docs/dialects.md`: `python -m buildkite_source.metrics.dialects > docs/dialects.md`."""

import sys
from collections.abc import Mapping, Sequence
from functools import cache

from buildkite_source.warehouse.dialects.constructs import ENGINES, Construct, lacking
from buildkite_source.warehouse.dialects.documentation import markdown

from .views import Given, every_view, statement


@cache
def left_out(dialect: str) -> Mapping[str, Sequence[Construct]]:
    """Return the views that an engine cannot have, and what it lacks for each.

    Of a view that reads such a one there is nothing to tell.

    Args:
        dialect: Of the engine, as sqlglot names it.
    """
    found: dict[str, Sequence[Construct]] = {}
    for view in every_view():
        sql = statement(view, dialect, lambda name: ("dataset", name), Given())
        lacks = tuple(lacking(sql, dialect))
        if lacks or view.reads & found.keys():
            found[view.name] = lacks
    return found


def page() -> str:
    """Return the page."""
    return markdown(
        [view.name for view in every_view()], {dialect: left_out(dialect) for dialect in ENGINES}
    )


if __name__ == "__main__":
    sys.stdout.write(page())
