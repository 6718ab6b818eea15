# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Cost and waste")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page

    from answers.text import count, hours, money, percent, totals

    TITLE = "Cost and waste"
    QUESTION = "Where does agent time go, what does it cost, and how much is spent twice?"


@app.cell
def _():
    warehouse = page.open_warehouse(mo.cli_args())
    organization = filters.organizations(warehouse)
    branch_class, days, zone = filters.branch_class(), filters.days(), filters.zone()
    return branch_class, days, organization, warehouse, zone


@app.cell
def _(organization, warehouse):
    pipeline = filters.pipelines(warehouse, organization.value)
    return (pipeline,)


@app.cell
def _(branch_class, days, organization, pipeline, warehouse, zone):
    chosen = filters.Chosen(
        organization=organization.value,
        pipeline=pipeline.value,
        branch_class=branch_class.value,
        days=days.value,
        zone=zone.value,
    )
    mo.vstack(
        [
            page.heading(TITLE, QUESTION, warehouse, zone.value),
            page.controls(organization, pipeline, branch_class, days, zone),
        ]
    )
    return (chosen,)


@app.cell
def _(chosen, warehouse):
    trend = warehouse.ask(
        """
        WITH spent AS (
          SELECT
            h.organization_id, h.hour, h.attempts, h.agent_hours, h.cost,
            CASE WHEN h.is_priced THEN 0 ELSE h.agent_hours END AS unpriced_hours,
            0 AS retry_hours, 0 AS rebuild_hours
          FROM metric_agent_hours_hourly AS h
          WHERE :chosen
          UNION ALL
          SELECT
            h.organization_id, h.hour, 0, 0, 0, 0, h.retry_hours, h.rebuild_hours
          FROM metric_waste_hourly AS h
          WHERE :chosen
        )
        SELECT
          date_trunc(:bucket, s.hour AT TIME ZONE :zone) AS bucket,
          s.hour >= w.window_from AS is_current,
          sum(s.attempts) AS attempts,
          sum(s.agent_hours) AS agent_hours,
          sum(s.agent_hours) - sum(s.retry_hours) - sum(s.rebuild_hours) AS first_hours,
          sum(s.retry_hours) AS retry_hours,
          sum(s.rebuild_hours) AS rebuild_hours,
          sum(s.retry_hours) + sum(s.rebuild_hours) AS waste_hours,
          sum(s.unpriced_hours) AS unpriced_hours,
          sum(s.cost) AS cost
        FROM spent AS s
        JOIN metric_windows AS w
          ON w.organization_id = s.organization_id
          AND w.window_days = :days
          AND s.hour >= w.previous_from
          AND s.hour < w.window_to
        GROUP BY 1, 2
        ORDER BY 1, 2
        """,
        bucket=chosen.bucket,
        zone=chosen.zone,
        days=chosen.days,
        chosen=chosen.where(of="h"),
    )
    mo.stop(
        trend.rows.empty,
        page.section("Agent hours", trend, empty="No agent ran a job in this time, or before."),
    )
    return (trend,)


@app.cell
def _(trend):
    now, before = totals(trend.rows)
    priced = now["unpriced_hours"] < now["agent_hours"]
    waste, waste_before = (
        now.share("waste_hours", "agent_hours"),
        before.share("waste_hours", "agent_hours"),
    )
    page.figures(
        [
            page.figure(
                "Agent hours",
                hours(now["agent_hours"]),
                n=f"n = {count(now['attempts'])} attempts",
                before=hours(before["agent_hours"]),
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
        note="Hours of script jobs by when they finished, at most 24 an attempt. By the hour "
        "(UTC): days of zones with half hours are half an hour off.",
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
def _(chosen, level, warehouse):
    parts = warehouse.ask(
        """
        WITH spent AS (
          SELECT
            h.organization_id, h.hour, h.attempts, h.agent_hours, h.cost, h.is_priced,
            0 AS retry_hours, 0 AS rebuild_hours,
            coalesce(:name, '') AS name
          FROM metric_agent_hours_hourly AS h
          WHERE :chosen
          UNION ALL
          SELECT
            h.organization_id, h.hour, 0, 0, 0, true, h.retry_hours, h.rebuild_hours,
            coalesce(:name, '')
          FROM metric_waste_hourly AS h
          WHERE :chosen
        )
        SELECT
          s.name,
          sum(s.attempts) AS attempts,
          sum(s.agent_hours) AS agent_hours,
          sum(s.agent_hours) - sum(s.retry_hours) - sum(s.rebuild_hours) AS first_hours,
          sum(s.retry_hours) AS retry_hours,
          sum(s.rebuild_hours) AS rebuild_hours,
          share(sum(s.retry_hours) + sum(s.rebuild_hours), sum(s.agent_hours)) AS waste_share,
          sum(s.cost) AS cost,
          sum(CASE WHEN s.is_priced THEN 0 ELSE s.agent_hours END) AS unpriced_hours
        FROM spent AS s
        JOIN metric_windows AS w
          ON w.organization_id = s.organization_id
          AND w.window_days = :days
          AND s.hour >= w.window_from
          AND s.hour < w.window_to
        GROUP BY 1
        ORDER BY agent_hours DESC, 1
        """,
        name=filters.named(level.value),
        days=chosen.days,
        chosen=chosen.where(of="h"),
    )
    page.section(
        f"By {level.value}",
        parts,
        lambda rows: charts.amounts(
            rows,
            "name",
            {
                "first_hours": "spent once",
                "retry_hours": "retries",
                "rebuild_hours": "rebuilds of what had passed",
            },
            title=f"Agent hours by {level.value}, the most first",
            unit="hours",
            n=f"n = {count(rows['attempts'].sum())} attempts",
            form=",.0f",
        ),
        note="Cost is in the rows. A queue without a price has none, rather than 0: see the "
        "setting queue_prices.",
        empty="No agent ran a job in this time.",
    )
    return


@app.cell
def _(chosen, warehouse):
    rebuilds = warehouse.ask(
        """
        SELECT
          b.web_url AS build,
          b.settled_at AT TIME ZONE :zone AS settled_at,
          sum(a.agent_seconds) / 3600 AS agent_hours,
          count(*) FILTER (WHERE NOT a.is_last) AS replaced_attempts,
          sum(CASE WHEN a.is_last THEN 0 ELSE a.agent_seconds END) / 3600 AS retry_hours
        FROM metric_attempts AS a
        JOIN metric_builds AS b ON b.build_id = a.build_id
        JOIN metric_windows AS w
          ON w.organization_id = b.organization_id
          AND w.window_days = :days
          AND b.settled_at >= w.window_from
          AND b.settled_at < w.window_to
        WHERE b.is_settled AND :chosen
        GROUP BY 1, 2
        HAVING sum(CASE WHEN a.is_last THEN 0 ELSE a.agent_seconds END) > 0
        ORDER BY retry_hours DESC, 1
        LIMIT 100
        """,
        zone=chosen.zone,
        days=chosen.days,
        chosen=chosen.where(of="b"),
    )
    page.section(
        "Builds with the most retried work",
        rebuilds,
        empty="No build ran a job again in this time.",
    )
    return


if __name__ == "__main__":
    app.run()
