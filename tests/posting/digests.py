"""Digests made by hand: a usual one, one of hostile names, one in which nothing happened."""

from datetime import UTC, datetime, timedelta
from typing import Any

from buildkite_source.digest import Digest, Part, Scope
from buildkite_source.digest.collect import Looked
from buildkite_source.digest.figures import figures_of
from buildkite_source.digest.most_failures import MOST_FAILURES
from buildkite_source.printable import one_line

AS_OF = datetime(2026, 9, 15, 12, tzinfo=UTC)
HOSTILE = (
    "<!channel> @here @everyone <@U1> <at>all</at> *b* `c` ``d`` [l](javascript:alert(1)) "
    "<b>x</b> | \x1b[31m\u202e\n# y &amp;"
)


def failing(organization: str, pipeline: str, failed: int, n: int, step: str) -> dict[str, Any]:
    return {
        "organization_slug": organization,
        "pipeline_slug": pipeline,
        "pipeline_url": f"https://buildkite.com/{organization}/{pipeline}",
        "failed": failed,
        "n": n,
        "failure_rate": failed / n,
        "step": step,
        "step_failed": failed - 1,
    }


def digest(
    rows: list[dict[str, Any]],
    red: list[tuple[str, str, float, datetime | None]],
    rate: float | None = 0.9,
    organizations: tuple[str, ...] = ("acme",),
) -> Digest:
    week = timedelta(days=7)
    looked = [
        Looked(name, AS_OF + timedelta(hours=place), AS_OF - 2 * week, AS_OF - week, AS_OF)
        for place, name in enumerate(organizations)
    ]
    overall = [
        {
            "n": 120,
            "passed": 108,
            "failed": 12,
            "success_rate": rate,
            "clean_success_rate": 0.8,
            "previous_success_rate": 0.95,
        }
    ]
    names = ("organization_slug", "pipeline_slug", "red_seconds", "still_red_since")
    red_rows = [dict(zip(names, row, strict=True)) for row in red]
    figures = figures_of(overall if rate is not None else [], red_rows)
    return Digest(Scope(), looked, [], [], Part(MOST_FAILURES, rows, False), red_rows, figures)


def usual() -> Digest:
    return digest(
        [
            failing("acme", "web", 8, 40, "test"),
            failing("acme", "api", 3, 50, "lint"),
            failing("acme", "docs", 1, 30, ""),
        ],
        [
            ("acme", "web", 36_000.0, AS_OF - timedelta(hours=5)),
            ("acme", "api", 1_800.0, None),
        ],
    )


def hostile() -> Digest:
    row = failing(HOSTILE, HOSTILE, 8, 40, HOSTILE)
    row["pipeline_url"] = "javascript:alert(1)"
    linked = {**row, "pipeline_url": "https://buildkite.com/a|b>)<!channel> x"}
    found = digest(
        [row, linked],
        [(HOSTILE, HOSTILE, 9.0, AS_OF - timedelta(hours=1))],
        organizations=(HOSTILE, "b"),
    )
    found.notes.append(f"Nothing is loaded of {one_line(HOSTILE)} in this time.")
    return found


def quiet() -> Digest:
    return digest([], [], rate=None)
