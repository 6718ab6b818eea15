# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Main branch health")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page, windows

    from buildkite_source.answers.numbers import count, duration, percent, share

    TITLE = "Main branch health"
    QUESTION = "How long is the default branch red, why, and what does it hold up?"


@app.cell
def _():
    warehouse, organization, others = page.opened(mo.cli_args(), "days", "zone")
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
    red = chosen.of(branches=False).ask("""
        SELECT
          organization_slug || '/' || pipeline_slug AS name,
          red_seconds,
          flake_seconds / 3600 AS flake_hours,
          incident_seconds / 3600 AS incident_hours,
          recoveries,
          mean_recovery_seconds / 3600 AS mean_recovery_hours,
          median_recovery_seconds / 3600 AS median_recovery_hours,
          still_red_since AT TIME ZONE :zone AS still_red_since,
          previous_red_seconds,
          previous_red_seconds / 3600 AS previous_red_hours,
          previous_recoveries
        FROM metric_red_windows
        WHERE window_days = :days AND :chosen
        ORDER BY red_seconds DESC, 1
    """)
    return (red,)


@app.cell
def _(chosen, commits, recoveries, red):
    pipelines = len(red.rows)
    span = pipelines * chosen.days * 86400
    recovered = windows.one_row(recoveries.rows.iloc[0])
    page.figures(
        [
            page.compared(
                "Time red",
                percent,
                (share(red.rows["red_seconds"].sum(), span), pipelines),
                (share(red.rows["previous_red_seconds"].sum(), span), pipelines),
                of="pipelines",
                more_is="worse",
            ),
            page.figure(
                "Red now",
                count(red.rows["still_red_since"].notna().sum()),
                n=f"of {count(pipelines)} pipelines",
            ),
            page.compared(
                "Median time to recover",
                duration,
                *recovered.value("median_seconds", "n"),
                more_is="worse",
            ),
            page.compared(
                "Commits on red",
                percent,
                *windows.totals(commits.rows).share("on_red", "n"),
                more_is="worse",
            ),
        ]
    )
    return


@app.cell
def _(chosen, red):
    page.section(
        "Red time",
        red.but(red.rows[red.rows["red_seconds"] > 0]),
        lambda rows: charts.amounts(
            rows,
            {"incident_hours": "incident", "flake_hours": "flake"},
            title="Hours the default branch was red, by pipeline",
            unit=f"hours in the last {chosen.days} days",
            n=f"n = {count(len(rows))} pipelines",
            before="previous_red_hours",
            colors=charts.CAUSES,
        ),
        note="From a failed build's finish to the next passed build's finish. Flake: the failing "
        "commit also passed.",
        empty="No default branch was red in this time.",
    )
    return


@app.cell
def _(chosen):
    recoveries = chosen.of("r", branches=False).ask("""
        SELECT
          count(*) FILTER (WHERE r.red_to >= w.window_from) AS n,
          percentile(CASE WHEN r.red_to >= w.window_from THEN r.red_seconds END, 0.5, 1)
            AS median_seconds,
          count(*) FILTER (WHERE r.red_to < w.window_from) AS previous_n,
          percentile(CASE WHEN r.red_to < w.window_from THEN r.red_seconds END, 0.5, 1)
            AS previous_median_seconds
        FROM metric_red_intervals AS r
        JOIN metric_windows AS w
          ON w.organization_id = r.organization_id AND w.window_days = :days
          AND r.red_to >= w.previous_from AND r.red_to < w.window_to
        WHERE :chosen
    """)
    commits = chosen.of("c", branches=False).ask("""
        SELECT
          date_trunc(:bucket, c.main_built_at AT TIME ZONE :zone) AS bucket,
          c.main_built_at >= w.window_from AS is_current,
          count(*) AS n,
          count(*) FILTER (WHERE c.on_red) AS on_red,
          count(*) FILTER (WHERE NOT c.on_red) AS on_green,
          share(count(*) FILTER (WHERE c.on_red), count(*)) AS red_share
        FROM metric_commits AS c
        JOIN metric_windows AS w
          ON w.organization_id = c.organization_id AND w.window_days = :days
          AND c.main_built_at >= w.previous_from AND c.main_built_at < w.window_to
        WHERE :chosen
        GROUP BY 1, 2
        ORDER BY 1, 2
    """)
    return commits, recoveries


@app.cell
def _(chosen, commits):
    page.section(
        "Commits on red",
        commits,
        lambda rows: charts.bars(
            rows,
            {"on_green": "on green", "on_red": "on red"},
            title=f"Commits on the default branch by {chosen.bucket}",
            unit="commits",
        ),
        note="What was built on top of a failure that was there before.",
        empty="No commit was built on a default branch in this time.",
    )
    return


@app.cell
def _(chosen):
    intervals = chosen.of("r", branches=False).ask("""
        SELECT
          r.web_url AS first_failed_build,
          r.cause,
          r.is_open,
          r.red_seconds / 3600 AS red_hours,
          r.failed_builds,
          r.red_from AT TIME ZONE :zone AS red_from,
          r.red_to AT TIME ZONE :zone AS red_to,
          r.branch
        FROM metric_red_intervals AS r
        JOIN metric_windows AS w
          ON w.organization_id = r.organization_id AND w.window_days = :days
          AND r.red_from < w.window_to
          AND (r.red_to IS NULL OR r.red_to >= w.window_from)
        WHERE :chosen
        ORDER BY r.is_open DESC, r.red_from DESC
    """)
    page.section(
        "When it was red",
        intervals,
        note="What is still red comes first.",
        empty="No default branch was red in this time.",
    )
    return


@app.cell
def _(chosen):
    dora = chosen.of(branches=False).ask("""
        SELECT
          organization_slug || '/' || pipeline_slug AS pipeline,
          deployments,
          deployments_a_day,
          median_lead_seconds / 3600 AS median_lead_hours,
          change_failure_rate,
          deployments + failed_deployments AS n,
          median_recovery_seconds / 3600 AS median_recovery_hours,
          recoveries,
          previous_deployments,
          previous_median_lead_seconds / 3600 AS previous_median_lead_hours
        FROM metric_dora_windows
        WHERE window_days = :days AND :chosen
        ORDER BY deployments DESC, 1
    """)
    page.section(
        "Deployments (DORA)",
        dora,
        note="Of pipelines tagged deploy or named in the setting deploying_pipelines. Lead time "
        "counts from the first build of the commit.",
        empty="No pipeline is marked as deploying, or none deployed in this time.",
    )
    return


if __name__ == "__main__":
    app.run()
