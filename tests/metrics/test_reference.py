"""Random worlds: what the views say against slow, obvious Python."""

from typing import Any

import pytest

from .random_rows import AS_OF, random_rows
from .reference import Reference
from .warehouse import Warehouse, at

_HOURLY = "pipeline_id, branch_class, "
# What to ask each view so that it answers as the function of that name in the reference.
_QUERIES = {
    "metric_success_hourly": _HOURLY
    + "hour, builds, passed, failed, canceled, skipped, not_run, clean_passed, standing",
    "metric_throughput_hourly": _HOURLY
    + "source, coalesce(creator_id, ''), hour, builds, open_builds",
    "metric_jobs": "logical_job_id, last_job_id, attempts, result, is_recovered, retry_kind, "
    "settled_at",
    "metric_steps_hourly": _HOURLY + "step, coalesce(parallel_group_index, -1), hour, attempts, "
    "passed, soft_failed, hard_failed, first_attempts, first_passed, retried, agent_seconds",
    "metric_step_commits": "pipeline_id, step, coalesce(parallel_group_index, -1), commit, builds, "
    "flaky_within_build, flaky_across_builds, is_flaky",
    "metric_failed_builds": "build_id, hard_failures, only_flakes, coalesce(first_job_id, '')",
    "metric_waste_hourly": _HOURLY + "queue, hour, attempts, retry_hours, rebuild_hours",
    "metric_agent_hours_hourly": _HOURLY
    + "queue, hour, attempts, agent_hours, coalesce(cost, -1.0)",
    "metric_queue_wait_windows": "organization_id, queue, window_days, n, "
    "coalesce(p50_seconds, -1.0), limited_n, previous_n",
    "metric_blocks": "job_id, blocked_seconds",
    "metric_red_intervals": "build_id, is_open, red_seconds, cause",
    "metric_red_windows": "pipeline_id, red_seconds, recoveries, "
    "coalesce(median_recovery_seconds, -1.0)",
    "metric_commits": "pipeline_id, commit, builds, coalesce(time_to_green_seconds, -1.0), "
    "coalesce(on_red, FALSE)",
    "metric_standing_builds": "build_id, coalesce(label, ''), is_settled, blocked_seconds",
    "metric_critical_path": "build_id, position, job_id",
    "metric_failures_hourly": "pipeline_id, failure_class, hour, "
    "CAST(sum(failures) AS BIGINT), CAST(sum(hard_failures) AS BIGINT)",
    "metric_deployments": "build_id, is_failure, coalesce(lead_seconds, -1.0), "
    "coalesce(recovery_seconds, -1.0)",
}
_REST = {
    "metric_red_windows": " WHERE window_days = 7",
    "metric_failures_hourly": " GROUP BY 1, 2, 3",
}


def _close(row: tuple[Any, ...]) -> Any:
    return tuple(pytest.approx(value, abs=1e-5) if type(value) is float else value for value in row)


@pytest.mark.parametrize("seed", [1, 2])
def test_views_answer_as_plain_python_does(warehouse: Warehouse, seed: int) -> None:
    rows = random_rows(seed)
    warehouse.fill(rows)
    reference = Reference(rows, at(AS_OF))
    for name, columns in _QUERIES.items():
        found = warehouse.query(f"SELECT {columns} FROM ci.{name}{_REST.get(name, '')}")
        wanted = getattr(reference, name)()
        assert wanted, name
        order = sorted(wanted, key=_without_floats)
        assert sorted(found, key=_without_floats) == [_close(row) for row in order], name


def _without_floats(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(value) for value in row if type(value) is not float)
