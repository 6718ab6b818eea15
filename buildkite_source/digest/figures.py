"""Single figures of a digest, over all its pipelines: what alerts and verdicts are about."""

from collections.abc import Mapping, Sequence
from typing import Any

from buildkite_source.answers.numbers import absent

# Every pipeline that was red: a list of the first five would make verdicts of half the truth.
RED_SQL = """
SELECT organization_slug, pipeline_slug, red_seconds, still_red_since
FROM metric_red_windows
WHERE :scope AND (red_seconds > 0 OR still_red_since IS NOT NULL)
ORDER BY red_seconds DESC, 1, 2
"""
_OVERALL = ("n", "passed", "failed", "success_rate", "clean_success_rate", "previous_success_rate")
_HOUR = 3600

# What each figure is; docs/posting.md has the same table.
MEANINGS = {
    "n": "builds that passed or failed",
    "passed": "of them, those that passed",
    "failed": "of them, those that failed",
    "success_rate": "passed / n, from 0 to 1; null if n is 0",
    "clean_success_rate": "passed without any failed attempt / n, from 0 to 1",
    "previous_success_rate": "success rate of the span before",
    "main_red_hours": "hours that a default branch was red: that of the pipeline which was longest",
    "main_red_hours_in_all": "the same, of all pipelines together",
    "main_red_pipelines": "pipelines whose default branch was red",
    "main_red_now": "pipelines whose default branch is red at the moment the data is of",
}


def figures_of(
    overall: Sequence[Mapping[str, Any]], red: Sequence[Mapping[str, Any]] | None
) -> dict[str, Any]:
    """Return the figures by the names of `MEANINGS`; None is what SQL's NULL is.

    Args:
        overall: Rows of the section `overall`: one, or none where no build passed or failed.
        red: Rows of `RED_SQL`; None where the view is not there.
    """
    first = overall[0] if overall else {"n": 0, "passed": 0, "failed": 0}
    found = {name: first.get(name) for name in _OVERALL}
    if red is None:
        return {**found, **dict.fromkeys(name for name in MEANINGS if name not in found)}
    hours = [float(row["red_seconds"]) / _HOUR for row in red]
    return {
        **found,
        "main_red_hours": max(hours, default=0.0),
        "main_red_hours_in_all": sum(hours),
        "main_red_pipelines": sum(hour > 0 for hour in hours),
        "main_red_now": sum(not absent(row["still_red_since"]) for row in red),
    }
