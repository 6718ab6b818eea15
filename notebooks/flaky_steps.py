# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Flaky steps")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page, windows

    from buildkite_source.answers.numbers import count, percent

    TITLE = "Flaky steps"
    QUESTION = "Which steps pass and fail at the same commit, and what do they cost?"
    COMMITS = ["flaky_commits", "n", "previous_flaky_commits", "previous_n"]


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
def _(failed, flaky, retries):
    commits = flaky.rows[COMMITS]
    steps = windows.one_row((commits > 0).sum()).value("flaky_commits", "n")
    commits_of_steps = windows.one_row(commits.sum()).value("flaky_commits", "n")
    builds = windows.totals(failed.rows[["is_current", "only_flakes"]].astype(int).assign(n=1))
    helped = windows.one_row(retries.rows.drop(columns="name").sum()).share("recovered", "n")
    page.figures(
        [
            page.compared("Flaky steps", count, *steps, of="that ran", more_is="worse"),
            page.compared("Flaky commits of a step", count, *commits_of_steps, more_is="worse"),
            page.compared(
                "Failed only by flakes",
                percent,
                *builds.share("only_flakes", "n"),
                of="failed",
                more_is="worse",
            ),
            page.compared("Retries that helped", percent, *helped),
        ]
    )
    return


@app.cell
def _(chosen):
    trend = chosen.of("a").ask("""
        SELECT
          date_trunc(:bucket, a.settled_at AT TIME ZONE :zone) AS bucket,
          a.settled_at >= w.window_from AS is_current,
          count(*) FILTER (WHERE a.result = 'passed') AS passed,
          count(*) FILTER (WHERE a.is_failure) AS failed
        FROM metric_attempts AS a
        JOIN metric_windows AS w
          ON w.organization_id = a.organization_id AND w.window_days = :days
          AND a.settled_at >= w.previous_from AND a.settled_at < w.window_to
        WHERE a.attempt_number > 1 AND (a.result = 'passed' OR a.is_failure) AND :chosen
        GROUP BY 1, 2
        ORDER BY 1, 2
    """)
    page.section(
        "Trend",
        trend,
        lambda rows: charts.bars(
            rows,
            {"passed": "passed", "failed": "failed"},
            title=f"Retries by {chosen.bucket}, and how they ended",
            unit="attempts that retried another of their job",
        ),
        note="A retry that passes where the attempt before it failed is a flake that nobody saw.",
        empty="No job was retried in this time, or in that before.",
    )
    return


@app.cell
def _(chosen):
    flaky = chosen.of(branches=False).ask("""
        SELECT
          pipeline_slug || ': ' || step
            || coalesce(' #' || CAST(parallel_group_index AS TEXT), '') AS name,
          commits AS n, flaky_commits, flaky_within_build, flaky_across_builds,
          flaky_rate, flaky_low, flaky_high,
          previous_commits AS previous_n, previous_flaky_commits, previous_flaky_rate,
          last_flaky_at AT TIME ZONE :zone AS last_flaky_at
        FROM metric_flaky_step_windows
        WHERE window_days = :days AND :chosen
        ORDER BY flaky_low DESC, flaky_commits DESC, 1
    """)
    page.section(
        "Flakiest steps",
        flaky.but(flaky.rows[flaky.rows["flaky_commits"] > 0]),
        lambda rows: mo.vstack(
            [
                charts.ranked(
                    rows,
                    "flaky_rate",
                    bounds=("flaky_low", "flaky_high"),
                    title="Flaky rate by step, the surest first",
                    unit="share of commits at which the step passed or failed, all branches",
                ),
                charts.amounts(
                    rows,
                    {
                        "flaky_within_build": "within a build (a retry hid it)",
                        "flaky_across_builds": "across builds (a rebuild showed it)",
                    },
                    title="Flaky commits by how they showed",
                    unit="commits of all branches; one may show both ways",
                    n=f"n = {count(rows['flaky_commits'].sum())}",
                    before="previous_flaky_commits",
                ),
            ]
        ),
        note="Flaky: passed and failed at the same commit. Ranked by the lower end of the "
        "Wilson interval.",
        empty="No step was flaky in this time.",
    )
    return (flaky,)


@app.cell
def _(chosen):
    failed = chosen.of("f").ask("""
        SELECT
          f.settled_at AT TIME ZONE :zone AS settled_at,
          f.settled_at >= w.window_from AS is_current,
          f.web_url AS build, f.branch, f.first_step, f.only_flakes
        FROM metric_failed_builds AS f
        JOIN metric_windows AS w
          ON w.organization_id = f.organization_id AND w.window_days = :days
          AND f.settled_at >= w.previous_from AND f.settled_at < w.window_to
        WHERE :chosen
        ORDER BY f.settled_at DESC
    """)
    retries = chosen.of("r").ask("""
        WITH retried AS (
          SELECT
            r.retry_kind || ', after ' || coalesce(
              'signal ' || r.first_signal_reason,
              'exit ' || CAST(r.first_exit_status AS TEXT),
              'no exit status'
            ) AS name,
            count(*) FILTER (WHERE r.settled_at >= w.window_from) AS n,
            count(*) FILTER (WHERE r.settled_at >= w.window_from AND r.is_recovered) AS recovered,
            count(*) FILTER (WHERE r.settled_at < w.window_from) AS previous_n,
            count(*) FILTER (WHERE r.settled_at < w.window_from AND r.is_recovered)
              AS previous_recovered
          FROM metric_jobs AS r
          JOIN metric_windows AS w
            ON w.organization_id = r.organization_id AND w.window_days = :days
            AND r.settled_at >= w.previous_from AND r.settled_at < w.window_to
          WHERE r.attempts > 1 AND :chosen
          GROUP BY 1
        )
        SELECT
          name, n, recovered,
          share(recovered, n) AS success,
          wilson_low(recovered, n) AS low, wilson_high(recovered, n) AS high,
          previous_n, previous_recovered,
          share(previous_recovered, previous_n) AS previous_success
        FROM retried
        ORDER BY n DESC, 1
    """)
    page.section(
        "What retries do",
        retries.but(retries.rows[retries.rows["n"] > 0]),
        lambda rows: charts.ranked(
            rows,
            "success",
            bounds=("low", "high"),
            title="Retries that passed in the end, by what the first attempt died of",
            unit="share of retried jobs",
        ),
        note="A retry that never helps wastes an agent; one that always helps hides a flake.",
        empty="No job was retried in this time.",
    )
    return failed, retries


@app.cell
def _(chosen):
    first = chosen.of("s", branches=False).ask("""
        SELECT
          s.pipeline_slug || ': ' || s.step
            || coalesce(' #' || CAST(s.parallel_group_index AS TEXT), '') AS name,
          s.first_n AS n, s.first_pass_rate,
          wilson_low(s.first_pass_rate * s.first_n, s.first_n) AS low,
          wilson_high(s.first_pass_rate * s.first_n, s.first_n) AS high,
          s.reliability,
          s.previous_first_n AS previous_n, s.previous_first_pass_rate
        FROM metric_step_windows AS s
        WHERE s.window_days = :days AND s.first_pass_rate < s.reliability AND :chosen
        ORDER BY high, n DESC, 1
    """)
    page.section(
        "First attempts",
        first,
        lambda rows: charts.ranked(
            rows,
            "first_pass_rate",
            bounds=("low", "high"),
            title="First attempts that pass, of steps that retries make look better",
            unit="share of first attempts that passed or failed",
        ),
        note="Reliability, beside it in the rows, counts what passed in the end: all branches.",
        empty="No retry made a step look better in this time.",
    )
    return


@app.cell
def _(failed):
    wanted = failed.rows[["is_current", "only_flakes"]].astype(bool).all(axis="columns")
    only_flakes = failed.rows[wanted].drop(columns=["is_current", "only_flakes"])
    page.section(
        "Builds that failed only by flakes",
        failed.but(only_flakes),
        note="Every step that failed them also passed at that commit.",
        empty="No build failed by flakes alone in this time.",
    )
    return


if __name__ == "__main__":
    app.run()
