# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Cost and waste")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page, windows

    from buildkite_source.answers.numbers import count, hours, money, percent

    TITLE = "Cost and waste"
    QUESTION = "Where does agent time go, what does it cost, and how much is spent twice?"


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
    trend = chosen.of("t").ask("""
        WITH quarters AS (
          SELECT
            quarter_of(t.finished_at) AS quarter,
            t.finished_at >= w.window_from AS is_current,
            min(t.finished_at) AS finished_at,
            count(*) AS attempts,
            sum(t.agent_seconds) / 3600 AS agent_hours,
            sum(CASE t.spent_by WHEN 'first' THEN t.agent_seconds ELSE 0 END) / 3600 AS first_hours,
            sum(CASE t.spent_by WHEN 'retry' THEN t.agent_seconds ELSE 0 END) / 3600 AS retry_hours,
            sum(CASE t.spent_by WHEN 'rebuild' THEN t.agent_seconds ELSE 0 END) / 3600
              AS rebuild_hours,
            sum(CASE WHEN t.price_per_hour IS NULL THEN t.agent_seconds ELSE 0 END) / 3600
              AS unpriced_hours,
            sum(t.agent_seconds * t.price_per_hour) / 3600 AS cost
          FROM metric_agent_time AS t
          JOIN metric_windows AS w
            ON w.organization_id = t.organization_id AND w.window_days = :days
            AND t.finished_at >= w.previous_from AND t.finished_at < w.window_to
          WHERE :chosen
          GROUP BY 1, 2
        )
        SELECT
          date_trunc(:bucket, finished_at AT TIME ZONE :zone) AS bucket,
          is_current,
          CAST(sum(attempts) AS BIGINT) AS attempts,
          sum(agent_hours) AS agent_hours,
          sum(first_hours) AS first_hours,
          sum(retry_hours) AS retry_hours,
          sum(rebuild_hours) AS rebuild_hours,
          sum(retry_hours + rebuild_hours) AS waste_hours,
          sum(unpriced_hours) AS unpriced_hours,
          sum(cost) AS cost
        FROM quarters
        GROUP BY 1, 2
        ORDER BY 1, 2
    """)
    mo.stop(
        trend.rows.empty,
        page.section("Agent hours", trend, empty="No agent ran a job in this time, or before."),
    )
    return (trend,)


@app.cell
def _(trend):
    both = windows.totals(trend.rows)
    now, before = both.now, both.before
    priced = now["unpriced_hours"] < now["agent_hours"]
    (waste, _), (waste_before, _) = both.share("waste_hours", "agent_hours")
    page.figures(
        [
            page.compared(
                "Agent hours",
                hours,
                *both.value("agent_hours", "attempts"),
                of="attempts",
            ),
            page.figure(
                "Cost",
                money(now["cost"]) if priced else "no prices",
                n=f"{hours(now['unpriced_hours'])} have no price",
                before=money(before["cost"]) if priced else "",
            ),
            page.figure(
                "Spent again",
                hours(now["waste_hours"]),
                n=f"{hours(now['rebuild_hours'])} of it in rebuilds",
                before=hours(before["waste_hours"]),
                change=now["waste_hours"] - before["waste_hours"],
                more_is="worse",
            ),
            page.figure(
                "Share spent again",
                percent(waste),
                n=f"of {hours(now['agent_hours'])}",
                before=percent(waste_before),
                change=waste - waste_before,
                more_is="worse",
            ),
        ]
    )
    return


@app.cell
def _(chosen, trend):
    page.section(
        "Agent hours",
        trend,
        lambda rows: charts.bars(
            rows,
            {
                "first_hours": "spent once",
                "retry_hours": "retries",
                "rebuild_hours": "rebuilds of what had passed",
            },
            title=f"Agent hours by {chosen.bucket}",
            unit="hours",
            n="attempts",
            height=220,
        ),
        note="Hours of script jobs by when they finished, at most 24 an attempt.",
    )
    return


@app.cell
def _():
    level = mo.ui.radio(
        ["pipeline", "queue", "branch class"], value="pipeline", inline=True, label="Break down by"
    )
    level
    return (level,)


@app.cell
def _(chosen, level):
    parts = chosen.of("t").ask(
        """
        WITH spent AS (
          SELECT
            coalesce(:name, '') AS name,
            t.finished_at >= w.window_from AS is_current,
            t.agent_seconds / 3600 AS hours,
            t.spent_by,
            t.price_per_hour
          FROM metric_agent_time AS t
          JOIN metric_windows AS w
            ON w.organization_id = t.organization_id AND w.window_days = :days
            AND t.finished_at >= w.previous_from AND t.finished_at < w.window_to
          WHERE :chosen
        )
        SELECT
          name,
          count(*) FILTER (WHERE is_current) AS attempts,
          sum(hours) FILTER (WHERE is_current) AS agent_hours,
          coalesce(sum(hours) FILTER (WHERE is_current AND spent_by = 'first'), 0) AS first_hours,
          coalesce(sum(hours) FILTER (WHERE is_current AND spent_by = 'retry'), 0) AS retry_hours,
          coalesce(sum(hours) FILTER (WHERE is_current AND spent_by = 'rebuild'), 0)
            AS rebuild_hours,
          share(
            coalesce(sum(hours) FILTER (WHERE is_current AND spent_by <> 'first'), 0),
            sum(hours) FILTER (WHERE is_current)
          ) AS waste_share,
          sum(hours * price_per_hour) FILTER (WHERE is_current) AS cost,
          coalesce(sum(hours) FILTER (WHERE is_current AND price_per_hour IS NULL), 0)
            AS unpriced_hours,
          coalesce(sum(hours) FILTER (WHERE NOT is_current), 0) AS previous_agent_hours
        FROM spent
        GROUP BY 1
        HAVING count(*) FILTER (WHERE is_current) > 0
        ORDER BY agent_hours DESC, 1
        """,
        name=filters.named(level.value),
    )
    page.section(
        f"By {level.value}",
        parts,
        lambda rows: charts.amounts(
            rows,
            {
                "first_hours": "spent once",
                "retry_hours": "retries",
                "rebuild_hours": "rebuilds of what had passed",
            },
            title=f"Agent hours by {level.value}, the most first",
            unit="hours",
            n=f"n = {count(rows['attempts'].sum())} attempts",
            before="previous_agent_hours",
        ),
        note="Cost is in the rows. A queue without a price has none, rather than 0: see the "
        "setting queue_prices.",
        empty="No agent ran a job in this time.",
    )
    return


@app.cell
def _(chosen):
    rebuilds = chosen.of("b").ask("""
        SELECT
          b.web_url AS build,
          b.settled_at AT TIME ZONE :zone AS settled_at,
          sum(a.agent_seconds) / 3600 AS agent_hours,
          count(*) FILTER (WHERE NOT a.is_last) AS replaced_attempts,
          sum(CASE WHEN a.is_last THEN 0 ELSE a.agent_seconds END) / 3600 AS retry_hours
        FROM metric_attempts AS a
        JOIN metric_builds AS b ON b.build_id = a.build_id
        JOIN metric_windows AS w
          ON w.organization_id = b.organization_id AND w.window_days = :days
          AND b.settled_at >= w.window_from AND b.settled_at < w.window_to
        WHERE b.is_settled AND :chosen
        GROUP BY 1, 2
        HAVING sum(CASE WHEN a.is_last THEN 0 ELSE a.agent_seconds END) > 0
        ORDER BY retry_hours DESC, 1
        LIMIT 100
    """)
    page.section(
        "Builds with the most retried work",
        rebuilds,
        empty="No build ran a job again in this time.",
    )
    return


if __name__ == "__main__":
    app.run()
