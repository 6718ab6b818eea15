# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Durations and critical path")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page, windows

    from buildkite_source.answers.numbers import count, duration

    TITLE = "Durations and critical path"
    QUESTION = "How long do builds take, and which steps make them long?"


@app.cell
def _():
    warehouse, organization, others = page.opened(mo.cli_args())
    return organization, others, warehouse


@app.cell
def _(organization, warehouse):
    pipeline = filters.pipelines(warehouse, organization.value)
    return (pipeline,)


@app.cell
def _(organization, others, pipeline, warehouse):
    chosen = filters.chosen(warehouse, organization, pipeline, others)
    page.top(TITLE, QUESTION, chosen, organization, pipeline, others)
    return (chosen,)


@app.cell
def _(chosen):
    trend = chosen.of("b").ask("""
        SELECT
          date_trunc(:bucket, b.settled_at AT TIME ZONE :zone) AS bucket,
          b.settled_at >= w.window_from AS is_current,
          count(b.run_seconds) AS n,
          percentile(b.run_seconds / 60, 0.5, 5) AS run_p50,
          percentile(b.run_seconds / 60, 0.95, 20) AS run_p95,
          percentile((b.total_seconds - b.blocked_seconds) / 60, 0.5, 5) AS total_p50
        FROM metric_builds AS b
        JOIN metric_windows AS w
          ON w.organization_id = b.organization_id AND w.window_days = :days
          AND b.settled_at >= w.previous_from AND b.settled_at < w.window_to
        WHERE b.is_settled AND b.state IN ('passed', 'failed') AND :chosen
        GROUP BY 1, 2
        HAVING count(b.run_seconds) > 0
        ORDER BY 1, 2
    """)
    mo.stop(
        trend.rows.empty,
        page.section("Trend", trend, empty="No build finished in this time, or in that before."),
    )
    return (trend,)


@app.cell
def _(totals):
    both = windows.one_row_each(totals.rows)
    page.figures(
        [
            page.compared(label, duration, *both.value(name, n), more_is="worse")
            for label, name, n in (
                ("Median build", "run_p50", "n"),
                ("95th percentile", "run_p95", "n"),
                ("Median wait of the developer", "total_p50", "n"),
                ("Median time to first failure", "first_failure_p50", "failing_n"),
            )
        ],
        note=page.standing(both.now.get("standing"), both.now.get("n")),
    )
    return


@app.cell
def _(chosen, trend):
    page.section(
        "Trend",
        trend,
        lambda rows: charts.lines(
            rows,
            {"run_p50": "median", "run_p95": "95th percentile", "total_p50": "created to finished"},
            title=f"How long builds took, by {chosen.bucket}",
            unit="minutes, of passed and failed builds",
            form=",.1~f",
        ),
        note="A percentile needs 5 builds for the median, 20 for the 95th; time spent blocked is "
        "left out, and what stands blocked ends with the last attempt before the block.",
    )
    return


@app.cell
def _(chosen):
    totals = chosen.of("b").ask("""
        SELECT
          b.settled_at >= w.window_from AS is_current,
          count(b.run_seconds) AS n,
          count(CASE WHEN b.is_blocked THEN b.run_seconds END) AS standing,
          percentile(b.run_seconds, 0.5, 5) AS run_p50,
          percentile(b.run_seconds, 0.95, 20) AS run_p95,
          percentile(b.total_seconds - b.blocked_seconds, 0.5, 5) AS total_p50,
          count(b.first_failure_seconds) AS failing_n,
          percentile(b.first_failure_seconds, 0.5, 5) AS first_failure_p50
        FROM metric_builds AS b
        JOIN metric_windows AS w
          ON w.organization_id = b.organization_id AND w.window_days = :days
          AND b.settled_at >= w.previous_from AND b.settled_at < w.window_to
        WHERE b.is_settled AND b.state IN ('passed', 'failed') AND :chosen
        GROUP BY 1
    """)
    return (totals,)


@app.cell
def _(chosen):
    path = chosen.of(branches=False).ask("""
        SELECT
          pipeline_slug || ': ' || step AS name,
          builds,
          path_builds,
          path_share,
          run_seconds / 3600 AS run_hours,
          wait_seconds / 3600 AS wait_hours,
          mean_seconds,
          previous_builds,
          (previous_run_seconds + previous_wait_seconds) / 3600 AS previous_hours
        FROM metric_critical_path_windows
        WHERE window_days = :days AND builds > 0 AND :chosen
        ORDER BY run_seconds + wait_seconds DESC, 1
    """)
    page.section(
        "Critical path",
        path,
        lambda rows: charts.amounts(
            rows,
            {"run_hours": "runs", "wait_hours": "waits for an agent"},
            title="Hours that builds spent on each step of their critical path",
            unit="hours, all branches",
            n=f"n = {count(rows['builds'].sum())} steps on paths",
            before="previous_hours",
            form=",.1~f",
        ),
        note="From the last finisher back to what it waited for. An hour saved here "
        "is an hour gained.",
        empty="No build has a critical path in this time.",
    )
    return


@app.cell
def _(chosen):
    steps = chosen.of(branches=False).ask("""
        SELECT
          pipeline_slug || ': ' || step AS name,
          n,
          run_p50_seconds / 60 AS run_p50,
          run_p95_seconds / 60 AS run_p95,
          queue_wait_p50_seconds / 60 AS queue_wait_p50,
          dependency_wait_p50_seconds / 60 AS dependency_wait_p50,
          previous_n,
          previous_run_p50_seconds / 60 AS previous_run_p50
        FROM metric_step_duration_windows
        WHERE window_days = :days AND run_p50_seconds IS NOT NULL AND :chosen
        ORDER BY run_p50_seconds DESC, 1
    """)
    page.section(
        "Slowest steps",
        steps,
        lambda rows: charts.ranked(
            rows,
            "run_p50",
            title="Median run of a step, the slowest first",
            unit="minutes, all branches",
            form=",.1~f",
        ),
        empty="No step ran five times in this time.",
    )
    return


@app.cell
def _(chosen):
    slowest = chosen.of("b").ask("""
        SELECT
          b.web_url AS build,
          b.state,
          b.run_seconds / 60 AS run_minutes,
          b.blocked_seconds / 60 AS blocked_minutes,
          b.attempts,
          b.settled_at AT TIME ZONE :zone AS settled_at,
          b.branch
        FROM metric_builds AS b
        JOIN metric_windows AS w
          ON w.organization_id = b.organization_id AND w.window_days = :days
          AND b.settled_at >= w.window_from AND b.settled_at < w.window_to
        WHERE b.is_settled AND b.run_seconds IS NOT NULL AND :chosen
        ORDER BY b.run_seconds DESC
        LIMIT 100
    """)
    page.section("Slowest builds", slowest, empty="No build finished in this time.")
    return


if __name__ == "__main__":
    app.run()
