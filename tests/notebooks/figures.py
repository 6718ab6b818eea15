"""Figures of each page, worked out another way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from buildkite_source.answers.numbers import count, duration, hours, percent

# A pipeline whose slug no other organization has, with builds on pull requests too.
BUSIEST = (
    "SELECT pipeline_slug FROM metric_success_windows WHERE window_days = 28 GROUP BY ALL "
    "HAVING count(DISTINCT organization_id) = 1 ORDER BY sum(n) DESC LIMIT 1"
)
WITHOUT_DAYS = {"data_quality", "live"}
# The views of red time and of what is loaded know no branch class.
WITHOUT_BRANCHES = {"data_quality", "main_branch_health"}


@dataclass(frozen=True)
class Filters:
    """What is chosen on a page."""

    pipeline: str | None = None
    days: int = 28
    branch_class: str | None = None


@dataclass(frozen=True)
class Figure:
    """A figure of a page.

    Attributes:
        place: Its place in the row of figures.
        sql: What gives it, with `{days}`; the filters come at its end.
        form: How it reads.
        has_branches: It follows the branch class.
    """

    place: int
    sql: str
    form: Callable[[Any], str]
    has_branches: bool = True

    def query(self, chosen: Filters) -> str:
        """Return what gives it with what was chosen."""
        conditions = [self.sql.format(days=chosen.days)]
        if chosen.pipeline:
            conditions.append(f"pipeline_slug = '{chosen.pipeline}'")
        if chosen.branch_class and self.has_branches:
            conditions.append(f"branch_class = '{chosen.branch_class}'")
        return " AND ".join(conditions)


def _in_window(select: str, of: str, condition: str) -> str:
    """Return a query on the rows of a view that fulfil a condition on the window `w`."""
    return (
        f"SELECT {select} FROM {of} JOIN metric_windows AS w USING (organization_id) "
        f"WHERE w.window_days = {{days}} AND {condition}"
    )


def _was(form: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: f"was {form(value)}, n ="


def _before(time: str) -> str:
    return f"{time} >= w.previous_from AND {time} < w.window_from"


FIGURES = {
    "cost_and_waste": [
        Figure(
            0,
            _in_window(
                "sum(agent_seconds) / 3600",
                "metric_attempts",
                "started_at IS NOT NULL AND type = 'script' "
                "AND finished_at >= w.window_from AND finished_at < w.window_to",
            ),
            hours,
        ),
        Figure(
            0,
            _in_window(
                "coalesce(sum(agent_seconds), 0) / 3600",
                "metric_attempts",
                f"started_at IS NOT NULL AND type = 'script' AND {_before('finished_at')}",
            ),
            _was(hours),
        ),
    ],
    "data_quality": [Figure(0, "SELECT count(*) FROM metric_builds WHERE true", count)],
    "durations_and_critical_path": [
        Figure(
            0,
            _in_window(
                "median(run_seconds)",
                "metric_builds",
                "state IN ('passed', 'failed') AND is_settled AND settled_at >= w.window_from",
            ),
            duration,
        )
    ],
    "failures_and_logs": [
        Figure(
            0,
            _in_window("count(*)", "metric_attempts", "is_failure AND settled_at >= w.window_from"),
            count,
        ),
        Figure(
            1,
            _in_window(
                "avg(is_hard_failure::INTEGER)",
                "metric_attempts",
                f"is_failure AND {_before('settled_at')}",
            ),
            _was(percent),
        ),
        Figure(
            3,
            _in_window(
                "count(*)",
                "metric_failures",
                f"failure_class = 'timed out' AND {_before('settled_at')}",
            ),
            _was(count),
        ),
    ],
    "flaky_steps": [
        Figure(
            0,
            "SELECT count(*) FROM metric_flaky_step_windows "
            "WHERE window_days = {days} AND flaky_rate > 0",
            count,
            has_branches=False,
        ),
        Figure(
            0,
            "SELECT count(*) FROM metric_flaky_step_windows "
            "WHERE window_days = {days} AND previous_flaky_rate > 0",
            _was(count),
            has_branches=False,
        ),
        Figure(
            1,
            "SELECT sum(previous_commits * previous_flaky_rate) FROM metric_flaky_step_windows "
            "WHERE window_days = {days}",
            _was(lambda commits: count(round(commits or 0))),
            has_branches=False,
        ),
        Figure(
            3,
            _in_window(
                "avg(is_recovered::INTEGER)",
                "metric_jobs",
                f"attempts > 1 AND {_before('settled_at')}",
            ),
            _was(percent),
        ),
        Figure(
            2,
            _in_window(
                "avg(only_flakes::INTEGER)", "metric_failed_builds", "settled_at >= w.window_from"
            ),
            percent,
        ),
    ],
    "main_branch_health": [
        Figure(
            0,
            "SELECT sum(red_seconds) / (count(*) * {days} * 86400) FROM metric_red_windows "
            "WHERE window_days = {days}",
            percent,
        ),
        Figure(
            2,
            _in_window("median(red_seconds)", "metric_red_intervals", _before("red_to")),
            _was(duration),
        ),
    ],
    "live": [
        Figure(
            1,
            "SELECT count(*) FROM metric_open_builds WHERE NOT is_missing AND NOT is_blocked",
            count,
        )
    ],
    "queues_and_agents": [
        Figure(
            0,
            _in_window(
                "median(queue_wait_seconds)",
                "metric_attempts",
                "started_at >= w.window_from AND started_at < w.window_to",
            ),
            duration,
        )
    ],
    "success_rates": [
        Figure(
            place,
            f"SELECT {select} FROM metric_success_windows WHERE window_days = {{days}}",
            form,
        )
        for place, select, form in (
            (0, "sum(passed) / sum(n)", percent),
            (0, "sum(n)", lambda n: f"n = {count(n)} "),
            (1, "sum(clean_passed) / sum(n)", percent),
        )
    ],
}
