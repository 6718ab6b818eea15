# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Data quality")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page

    from buildkite_source.answers.numbers import count, duration

    TITLE = "Data quality"
    QUESTION = "How fresh and how complete is what is loaded, and what did it cost?"


@app.cell
def _():
    warehouse, organization, others = page.opened(mo.cli_args(), "zone")
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
    coverage = chosen.of("c", pipelines=False, branches=False).ask("""
        SELECT
          coalesce(o.slug, c.organization_id)
            || substr(c.list, length(c.organization_id) + 1) AS list,
          c.covered_from AT TIME ZONE :zone AS covered_from,
          c.covered_to AT TIME ZONE :zone AS covered_to,
          c.gap_seconds
        FROM metric_coverage AS c
        LEFT JOIN organizations AS o ON o.id = c.organization_id
        WHERE :chosen
        ORDER BY 1, 2
    """)
    return (coverage,)


@app.cell
def _(coverage, fresh):
    rows = fresh.rows
    gaps = int(coverage.rows["gap_seconds"].notna().sum()) if len(coverage.rows) else 0
    page.figures(
        [
            page.figure(
                "Builds loaded", count(rows["builds"].sum()), n=f"of {count(len(rows))} pipelines"
            ),
            page.figure(
                "Newest build",
                f"{duration(rows['quiet_hours'].min() * 3600)} ago",
                n="as of the last load",
            ),
            page.figure(
                "Open builds",
                count(rows["open_builds"].sum()),
                n=f"{count(rows['missing_builds'].sum())} of them gone from the API",
            ),
            page.figure("Gaps in what was read", count(gaps), n="spans of time not loaded"),
            page.figure(
                "Numbers without a build",
                count(rows["number_gaps"].sum()),
                n="deleted, gone or not loaded",
            ),
        ]
    )
    return


@app.cell
def _(coverage):
    page.section(
        "Coverage",
        coverage,
        lambda rows: charts.spans(
            rows,
            "list",
            ("covered_from", "covered_to"),
            title="Creation times whose builds are loaded, by build list",
            unit="time",
        ),
        note="Between two bars of a line lies a gap: load it with --since.",
        empty="No build list has been read to its end yet.",
    )
    return


@app.cell
def _(chosen):
    fresh = chosen.of(branches=False).ask("""
        SELECT
          organization_slug || '/' || pipeline_slug AS name,
          builds,
          open_builds,
          missing_builds,
          number_gaps,
          first_number,
          last_number,
          first_created_at AT TIME ZONE :zone AS first_created_at,
          last_created_at AT TIME ZONE :zone AS last_created_at,
          last_fetched_at AT TIME ZONE :zone AS last_fetched_at,
          seconds_between(last_created_at, as_of) / 3600 AS quiet_hours
        FROM metric_freshness
        WHERE :chosen
        ORDER BY last_created_at, 1
    """)
    open_builds = chosen.of(branches=False).ask("""
        SELECT
          web_url AS build,
          CASE WHEN is_blocked THEN 'blocked' ELSE state END AS state,
          age_seconds / 3600 AS age_hours,
          created_at AT TIME ZONE :zone AS created_at,
          last_seen_at AT TIME ZONE :zone AS last_seen_at,
          is_missing,
          branch
        FROM metric_open_builds
        WHERE :chosen
        ORDER BY age_seconds DESC
    """)
    return fresh, open_builds


@app.cell
def _(fresh):
    page.section(
        "Freshness by pipeline",
        fresh,
        note="The one that has been quiet longest comes first.",
        empty="No builds are loaded.",
    )
    return


@app.cell
def _(open_builds):
    page.section(
        "Open builds",
        open_builds,
        note="They are in no rate; of builds that stand blocked, only those in which no work was "
        "done. One that is gone from the API will never be known to end.",
        empty="Every build that is loaded has settled.",
    )
    return


@app.cell
def _(chosen):
    runs = chosen.ask("""
        SELECT
          started_at AT TIME ZONE :zone AS bucket,
          true AS is_current,
          requests,
          waited,
          seconds,
          greatest(seconds - waited, 0) AS worked,
          command,
          builds,
          jobs,
          retried,
          limited,
          left_out,
          error
        FROM runs
        ORDER BY started_at DESC
        LIMIT 100
    """)
    waiting = chosen.ask("""
        SELECT kind, reason, count(*) AS waiting, min(created_at) AT TIME ZONE :zone AS oldest
        FROM waiting_details
        GROUP BY 1, 2
        ORDER BY 1, 2
    """)
    mo.vstack(
        [
            page.section(
                "Budget spent",
                runs,
                lambda rows: charts.amounts(
                    rows.assign(name=rows["bucket"].dt.strftime("%Y-%m-%d %H:%M")),
                    {"requests": "requests"},
                    title="Requests by run, the newest first",
                    unit="requests",
                    n=f"n = {count(len(rows))} runs, waited "
                    + f"{duration(rows['waited'].sum())} for the budget",
                ),
                note="Runs of the command line; a pipeline of your own keeps no such journal.",
                missing="No run of the command line has loaded this dataset.",
            ),
            page.section(
                "What waits to be fetched",
                waiting,
                note="Annotations, artifacts and logs that did not fit the bounds of the last run.",
                empty="Nothing waits.",
                missing="No details have been asked for: --resources core,details, --logs failed.",
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
