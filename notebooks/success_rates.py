# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Success rates")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page, windows

    from buildkite_source.answers.numbers import percent, points

    TITLE = "Success rates"
    QUESTION = "How many builds pass, and how many would without retries?"


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
          count(*) FILTER (WHERE b.state = 'passed') AS passed,
          count(*) FILTER (WHERE b.state = 'failed') AS failed,
          count(*) FILTER (WHERE b.state = 'canceled') AS canceled,
          count(*) FILTER (WHERE b.state = 'skipped') AS skipped,
          count(*) FILTER (WHERE b.state = 'not_run') AS not_run,
          count(*) FILTER (WHERE b.is_clean) AS clean_passed,
          count(*) AS builds,
          count(*) FILTER (WHERE b.state IN ('passed', 'failed')) AS n,
          count(*) FILTER (WHERE b.is_blocked AND b.state IN ('passed', 'failed')) AS standing,
          avg(CASE b.state WHEN 'passed' THEN 1.0 WHEN 'failed' THEN 0.0 END) AS success_rate,
          avg(CASE WHEN b.is_clean THEN 1.0 WHEN b.state IN ('passed', 'failed') THEN 0.0 END)
            AS clean_success_rate
        FROM metric_builds AS b
        JOIN metric_windows AS w
          ON w.organization_id = b.organization_id AND w.window_days = :days
          AND b.settled_at >= w.previous_from AND b.settled_at < w.window_to
        WHERE :chosen
        GROUP BY 1, 2
        ORDER BY 1, 2
    """)
    mo.stop(
        trend.rows.empty,
        page.section("Trend", trend, empty="No build settled in this time, or in that before."),
    )
    return (trend,)


@app.cell
def _(trend):
    both = windows.totals(trend.rows)
    (rate, _), (rate_before, _) = success = both.share("passed", "n")
    (pure, _), (pure_before, _) = clean = both.share("clean_passed", "n")
    hidden, hidden_before = rate - pure, rate_before - pure_before
    page.figures(
        [
            page.compared("Success rate", percent, *success, more_is="better"),
            page.compared("Clean success rate", percent, *clean, more_is="better"),
            page.figure(
                "Hidden by retries",
                points(hidden),
                n="success less clean",
                before=points(hidden_before),
                change=hidden - hidden_before,
                more_is="worse",
            ),
            page.compared("Canceled", percent, *both.share("canceled", "builds")),
        ],
        note=page.standing(both.now["standing"], both.now["n"]),
    )
    return


@app.cell
def _(chosen, trend):
    page.section(
        "Trend",
        trend,
        lambda rows: mo.vstack(
            [
                charts.lines(
                    rows,
                    {"success_rate": "success rate", "clean_success_rate": "clean success rate"},
                    title=f"Success rate by {chosen.bucket}",
                    unit="share of passed and failed builds",
                ),
                charts.bars(
                    rows,
                    {state.replace(" ", "_"): state for state in charts.SETTLED},
                    title=f"Settled builds by {chosen.bucket}",
                    unit="builds",
                ),
            ]
        ),
        note="A build counts as clean when none of its jobs failed on the way to passing.",
    )
    return


@app.cell
def _():
    levels = ["organization", "pipeline", "branch class", "step"]
    level = mo.ui.radio(levels, value="pipeline", inline=True, label="Break down by")
    level
    return (level,)


@app.cell
def _(chosen, level):
    what = "attempts" if level.value == "step" else "builds"
    if level.value == "step":
        parts = chosen.of("a").ask("""
            SELECT
              a.pipeline_slug || ': ' || a.step AS name,
              count(*) FILTER (WHERE a.result = 'passed') AS passed, count(*) AS n,
              share(count(*) FILTER (WHERE a.result = 'passed'), count(*)) AS rate,
              wilson_low(count(*) FILTER (WHERE a.result = 'passed'), count(*)) AS low,
              wilson_high(count(*) FILTER (WHERE a.result = 'passed'), count(*)) AS high
            FROM metric_attempts AS a
            JOIN metric_windows AS w
              ON w.organization_id = a.organization_id AND w.window_days = :days
              AND a.settled_at >= w.window_from AND a.settled_at < w.window_to
            WHERE :chosen AND (a.result IN ('passed', 'soft_failed') OR a.is_hard_failure)
            GROUP BY 1, a.pipeline_id
            ORDER BY high, n DESC, 1
        """)
    else:
        parts = chosen.of("s").ask(
            """
            SELECT
              coalesce(:label, '') AS name,
              sum(s.passed) AS passed, sum(s.n) AS n,
              share(sum(s.passed), sum(s.n)) AS rate,
              wilson_low(sum(s.passed), sum(s.n)) AS low,
              wilson_high(sum(s.passed), sum(s.n)) AS high,
              share(sum(s.clean_passed), sum(s.n)) AS clean_rate,
              sum(s.standing_n) AS standing,
              sum(s.previous_n) AS previous_n,
              share(sum(s.previous_success_rate * s.previous_n), sum(s.previous_n))
                AS previous_rate
            FROM metric_success_windows AS s
            WHERE s.window_days = :days AND :chosen
            GROUP BY 1
            HAVING sum(s.n) > 0
            ORDER BY high, n DESC, 1
            """,
            label=filters.named(level.value),
        )
    page.section(
        f"By {level.value}",
        parts,
        lambda rows: charts.ranked(
            rows,
            "rate",
            bounds=("low", "high"),
            title=f"Success rate by {level.value}, the worst first",
            unit=f"share of passed and failed {what}",
        ),
        note="Ranked by the upper end of the Wilson interval: one failure of one is no worst.",
        empty="No build passed or failed in this time.",
    )
    return


@app.cell
def _(chosen):
    changes = chosen.ask("""
        WITH counted AS (
          SELECT
            organization_slug || '/' || pipeline_slug AS name,
            sum(n) AS n,
            share(sum(passed), sum(n)) AS rate,
            sum(previous_n) AS previous_n,
            share(sum(previous_success_rate * previous_n), sum(previous_n)) AS previous_rate,
            share(
              sum(passed) + sum(previous_success_rate * previous_n), sum(n) + sum(previous_n)
            ) AS both_rate
          FROM metric_success_windows
          WHERE window_days = 7 AND :chosen
          GROUP BY organization_slug, pipeline_slug, pipeline_id
          HAVING sum(n) > 0 AND sum(previous_n) > 0
        ), measured AS (
          SELECT
            *,
            rate - previous_rate AS change,
            sqrt(greatest(both_rate * (1 - both_rate), 0) * (1.0 / n + 1.0 / previous_n))
              AS deviation
          FROM counted
        )
        SELECT name, n, rate, previous_n, previous_rate, change
        FROM measured
        WHERE abs(change) > 1.96 * deviation
        ORDER BY abs(change) / nullif(deviation, 0) DESC, name
    """)
    page.section(
        "What changed this week",
        changes,
        lambda rows: charts.ranked(
            rows,
            "rate",
            title="Pipelines whose success rate changed, the surest first",
            unit="share of passed and failed builds of the last 7 days",
        ),
        note="Last 7 days against the 7 before; only what chance makes less than one time in 20.",
        empty="No pipeline's success rate changed by more than chance makes it.",
    )
    return


@app.cell
def _(chosen):
    failed = chosen.of("b").ask("""
        SELECT
          b.settled_at AT TIME ZONE :zone AS settled_at,
          b.web_url AS build, b.branch, b.message, b.failed_attempts
        FROM metric_builds AS b
        WHERE b.is_settled AND b.state = 'failed' AND :chosen
        ORDER BY b.settled_at DESC
        LIMIT 100
    """)
    page.section("Latest failed builds", failed, empty="No build failed.")
    return


if __name__ == "__main__":
    app.run()
