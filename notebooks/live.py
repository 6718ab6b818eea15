# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Live")

with app.setup:
    import marimo as mo
    from shared import charts, filters, now, page

    from buildkite_source.answers.numbers import count, duration

    TITLE = "Live"
    QUESTION = "What runs, what waits, and what stands blocked right now?"


@app.cell
def _():
    loaded, organization, others = page.opened(mo.cli_args(), "branch_class", "zone")
    refresh = mo.ui.refresh(options=["10s", "30s", "1m", "5m"], default_interval="30s")
    return loaded, organization, others, refresh


@app.cell
def _(loaded, organization):
    pipeline = filters.pipelines(loaded, organization.value)
    return (pipeline,)


@app.cell
def _(organization, others, pipeline, refresh):
    # Whenever it ticks, what was loaded since is looked at.
    chosen = filters.chosen(
        page.loaded_now(mo.cli_args(), refresh.value), organization, pipeline, others
    )
    page.top(TITLE, QUESTION, chosen, organization, pipeline, others, refresh)
    return (chosen,)


@app.cell
def _(chosen):
    queues, standing = now.queues(chosen), now.how_many_stand(chosen)
    pipelines = chosen.ask("""
        SELECT
          organization_slug || '/' || pipeline_slug AS name,
          count(*) FILTER (WHERE NOT is_blocked AND started_at IS NOT NULL) AS running,
          count(*) FILTER (WHERE NOT is_blocked AND started_at IS NULL) AS waiting,
          count(*) FILTER (WHERE is_blocked) AS blocked,
          max(CASE WHEN NOT is_blocked THEN age_seconds END) / 60 AS oldest_minutes
        FROM metric_open_builds
        WHERE NOT is_missing AND :chosen
        GROUP BY 1
        ORDER BY count(*) DESC, 1
    """)
    return pipelines, queues, standing


@app.cell
def _(chosen, pipelines, queues, standing):
    jobs, moving = queues.rows, pipelines.rows[["running", "waiting"]].to_numpy().sum()
    longest = jobs["longest_wait_minutes"].max() * 60
    page.figures(
        [
            page.age(chosen),
            page.figure("Builds under way", count(moving), n="not settled, not blocked"),
            page.figure("Jobs running", count(jobs["running"].sum()), n="all pipelines"),
            page.figure(
                "Jobs waiting for an agent",
                count(jobs["waiting"].sum()),
                n=f"the longest for {duration(longest)}",
            ),
            page.figure(
                "Standing blocked",
                count(standing),
                n="not loaded" if standing is None else "they wait for a person",
            ),
        ]
    )
    return


@app.cell
def _(queues):
    page.section(
        "By queue",
        queues,
        lambda rows: charts.amounts(
            rows,
            {"waiting": "waiting for an agent", "running": "running"},
            title="Jobs by queue",
            unit="jobs",
            n="all pipelines and branches",
        ),
        empty="No job waits for an agent, and none runs.",
    )
    return


@app.cell
def _(pipelines):
    page.section(
        "By pipeline",
        pipelines,
        lambda rows: charts.amounts(
            rows,
            {"running": "running", "waiting": "not started", "blocked": "blocked"},
            title="Open builds by pipeline",
            unit="builds",
            n=f"{count(len(rows))} pipelines",
        ),
        note="Builds that have not settled. One that stands blocked after work was done counts as "
        "what its state says, and is listed below.",
        empty="No build is open.",
    )
    return


@app.cell
def _(chosen):
    builds = chosen.ask("""
        SELECT
          organization_slug || '/' || pipeline_slug AS name, state, is_blocked,
          age_seconds / 60 AS minutes, web_url AS build, branch
        FROM metric_open_builds
        WHERE NOT is_missing AND :chosen
        ORDER BY created_at DESC, build
        LIMIT 500
    """)
    page.section(
        "Open builds",
        builds,
        note="The newest first, at most 500; minutes since it was created.",
        empty="No build is open.",
    )
    return


@app.cell
def _(chosen):
    page.section(
        "Standing blocked",
        now.standing(chosen),
        note="Builds at a block or input step, the latest first, at most 500 rows. They wait for a "
        "person.",
        empty="No build stands at a block step.",
    )
    return


if __name__ == "__main__":
    app.run()
