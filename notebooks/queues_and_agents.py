# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Queues and agents")

with app.setup:
    import marimo as mo
    from shared import charts, filters, now, page, windows

    from buildkite_source.answers.numbers import count, duration

    TITLE = "Queues and agents"
    QUESTION = "How long do jobs wait for an agent, and how do the agents do?"


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
def _(totals, waiting):
    both = windows.one_row_each(totals.rows)
    page.figures(
        [
            page.compared(label, duration, *both.value(name, n), more_is="worse")
            for label, name, n in (
                ("Median wait for an agent", "p50", "n"),
                ("95th percentile", "p95", "n"),
                ("Median concurrency wait", "limited_p50", "limited_n"),
            )
        ]
        + [
            page.figure(
                "Waiting now",
                count(waiting.rows["waiting"].sum()),
                n=f"{count(waiting.rows['running'].sum())} running, as of the last load",
            )
        ]
    )
    return


@app.cell
def _(chosen):
    trend = chosen.of("a").ask("""
        WITH waits AS (
          SELECT
            quarter_of(a.started_at) AS quarter,
            a.started_at >= w.window_from AS is_current,
            a.started_at,
            a.queue_wait_seconds
          FROM metric_attempts AS a
          JOIN metric_windows AS w
            ON w.organization_id = a.organization_id AND w.window_days = :days
            AND a.started_at >= w.previous_from AND a.started_at < w.window_to
          WHERE a.queue_wait_seconds IS NOT NULL AND :chosen
        ), buckets AS (
          SELECT quarter, date_trunc(:bucket, min(started_at) AT TIME ZONE :zone) AS bucket
          FROM waits
          GROUP BY 1
        )
        SELECT
          b.bucket,
          a.is_current,
          count(a.queue_wait_seconds) AS n,
          percentile(a.queue_wait_seconds, 0.5, 5) AS p50,
          percentile(a.queue_wait_seconds, 0.95, 20) AS p95
        FROM waits AS a
        JOIN buckets AS b ON b.quarter = a.quarter
        GROUP BY 1, 2
        ORDER BY 1, 2
    """)
    page.section(
        "Trend",
        trend,
        lambda rows: charts.lines(
            rows,
            {"p50": "median", "p95": "95th percentile"},
            title=f"Wait for an agent by {chosen.bucket}",
            unit="seconds, of started attempts",
            form=",.0f",
        ),
        note="From when an agent could take the job until it started. The wait for a concurrency "
        "group comes before it and is counted apart.",
        empty="No job started in this time, or in that before.",
    )
    return


@app.cell
def _(chosen):
    totals = chosen.of("a").ask("""
        SELECT
          a.started_at >= w.window_from AS is_current,
          count(a.queue_wait_seconds) AS n,
          percentile(a.queue_wait_seconds, 0.5, 5) AS p50,
          percentile(a.queue_wait_seconds, 0.95, 20) AS p95,
          count(*) FILTER (WHERE a.concurrency_wait_seconds > 0) AS limited_n,
          percentile(
            CASE WHEN a.concurrency_wait_seconds > 0 THEN a.concurrency_wait_seconds END, 0.5, 5
          ) AS limited_p50
        FROM metric_attempts AS a
        JOIN metric_windows AS w
          ON w.organization_id = a.organization_id AND w.window_days = :days
          AND a.started_at >= w.previous_from AND a.started_at < w.window_to
        WHERE a.queue_wait_seconds IS NOT NULL AND :chosen
        GROUP BY 1
    """)
    waiting = now.queues(chosen)
    return totals, waiting


@app.cell
def _(chosen):
    queues = chosen.of(pipelines=False, branches=False).ask("""
        SELECT
          organization_slug || '/' || queue AS name,
          n, p50_seconds, p90_seconds, p95_seconds, p99_seconds,
          limited_n, limited_p50_seconds, limited_p95_seconds,
          previous_n, previous_p50_seconds, previous_p95_seconds,
          previous_limited_n, previous_limited_p50_seconds, cluster_id
        FROM metric_queue_wait_windows
        WHERE window_days = :days AND p95_seconds IS NOT NULL AND :chosen
        ORDER BY coalesce(p95_seconds, p50_seconds) DESC, 1
    """)
    page.section(
        "By queue",
        queues,
        lambda rows: mo.vstack(
            charts.ranked(
                part,
                value,
                n=n,
                title=title,
                unit="seconds, all pipelines and branches",
                form=",.0f",
            )
            for value, n, title in (
                ("p95_seconds", "n", "95th percentile of the wait for an agent, the longest first"),
                ("limited_p50_seconds", "limited_n", "Median wait for a concurrency group"),
            )
            if len(part := rows[rows[value].notna()])
        ),
        note="Of queues with 20 jobs or more that started; 5 that waited for a group.",
        empty="No queue started 20 jobs in this time.",
    )
    return


@app.cell
def _(waiting):
    page.section(
        "Waiting now",
        waiting,
        note="All pipelines and branches, as of the last load.",
        empty="No job waits, and none runs.",
    )
    return


@app.cell
def _(chosen):
    page.section(
        "Standing blocked",
        now.standing(chosen),
        note=f"{count(now.how_many_stand(chosen))} builds at a block or input step, the latest "
        "first, at most 500 rows. They wait for a person, not for an agent.",
        empty="No build stands at a block step.",
    )
    return


@app.cell
def _(chosen):
    agents = chosen.of("a").ask("""
        WITH ended AS (
          SELECT
            coalesce(a.agent_name, '(unknown)') || ' (' || a.queue || ')' AS name,
            a.settled_at >= w.window_from AS is_current,
            a.is_failure, a.is_failure OR a.result = 'passed' AS counts,
            a.agent_seconds
          FROM metric_attempts AS a
          JOIN metric_windows AS w
            ON w.organization_id = a.organization_id AND w.window_days = :days
            AND a.settled_at >= w.previous_from AND a.settled_at < w.window_to
          WHERE a.type = 'script' AND a.agent_id IS NOT NULL AND :chosen
        ), counted AS (
          SELECT
            name,
            count(*) FILTER (WHERE is_current) AS attempts,
            sum(agent_seconds) FILTER (WHERE is_current) / 3600 AS agent_hours,
            count(*) FILTER (WHERE is_current AND counts) AS n,
            count(*) FILTER (WHERE is_current AND is_failure) AS failed,
            count(*) FILTER (WHERE NOT is_current AND counts) AS previous_n,
            count(*) FILTER (WHERE NOT is_current AND is_failure) AS previous_failed
          FROM ended
          GROUP BY 1
        )
        SELECT
          name, attempts, agent_hours,
          n, share(failed, n) AS failure_rate,
          wilson_low(failed, n) AS low, wilson_high(failed, n) AS high,
          previous_n, share(previous_failed, previous_n) AS previous_failure_rate
        FROM counted
        WHERE n > 0
        ORDER BY low DESC, attempts DESC, 1
    """)
    page.section(
        "Agents that fail most",
        agents,
        lambda rows: charts.ranked(
            rows,
            "failure_rate",
            bounds=("low", "high"),
            title="Failed attempts by agent, the surest first",
            unit="share of passed and failed attempts",
        ),
        note="An agent that fails where others pass is ill. Ranked by the lower end of the Wilson "
        "interval.",
        empty="No agent ran a job in this time.",
    )
    return


if __name__ == "__main__":
    app.run()
