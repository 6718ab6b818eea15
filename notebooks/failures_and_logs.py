# /// script
# [tool.marimo.display]
# theme = "system"
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Failures and logs")

with app.setup:
    import marimo as mo
    from shared import charts, filters, page, windows

    from buildkite_source.answers.numbers import count, percent

    TITLE = "Failures and logs"
    QUESTION = "What do jobs die of, which step fails first, and what do the logs say?"


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
    classes = chosen.of("f").ask("""
        SELECT
          f.failure_class AS name,
          count(*) FILTER (WHERE f.settled_at >= w.window_from) AS n,
          count(*) FILTER (WHERE f.settled_at >= w.window_from AND f.is_hard_failure) AS hard,
          count(*) FILTER (WHERE f.settled_at >= w.window_from AND NOT f.is_hard_failure)
            AS retried,
          count(*) FILTER (WHERE f.settled_at < w.window_from) AS previous_n,
          count(*) FILTER (WHERE f.settled_at < w.window_from AND f.is_hard_failure)
            AS previous_hard
        FROM metric_failures AS f
        JOIN metric_windows AS w
          ON w.organization_id = f.organization_id AND w.window_days = :days
          AND f.settled_at >= w.previous_from AND f.settled_at < w.window_to
        WHERE :chosen
        GROUP BY 1
        ORDER BY n DESC, 1
    """)
    return (classes,)


@app.cell
def _(classes):
    counted = classes.rows.set_index("name")
    total = counted.sum()
    page.figures(
        [
            page.figure(
                "Failed attempts",
                count(total["n"]),
                before=count(total["previous_n"]),
                change=total["n"] - total["previous_n"],
                more_is="worse",
            ),
            page.compared("Hard failures", percent, *windows.one_row(total).share("hard", "n")),
            *(
                page.compared(
                    label,
                    count,
                    *((counted[n].get(name, 0), total[n]) for n in ("n", "previous_n")),
                )
                for label, name in (
                    ("No agent came", "expired"),
                    ("Timed out", "timed out"),
                    ("Agent lost", "agent lost"),
                )
            ),
        ]
    )
    return


@app.cell
def _(classes):
    page.section(
        "Failure classes",
        classes.but(classes.rows[classes.rows["n"] > 0]),
        lambda rows: charts.amounts(
            rows,
            {"hard": "hard failure", "retried": "retried"},
            title="Failed attempts by what they died of",
            unit="attempts",
            n=f"n = {count(rows['n'].sum())}",
            before="previous_n",
            colors=charts.FAILURES,
        ),
        empty="No attempt failed in this time.",
    )
    return


@app.cell
def _(chosen):
    first = chosen.of(branches=False).ask("""
        SELECT
          pipeline_slug || ': ' || step
            || coalesce(' #' || CAST(parallel_group_index AS TEXT), '') AS name,
          failed_first, failed_builds AS n,
          first_rate, first_low, first_high,
          previous_failed_first, previous_failed_builds,
          share(previous_failed_first, previous_failed_builds) AS previous_first_rate
        FROM metric_first_failure_windows
        WHERE window_days = :days AND failed_first > 0 AND :chosen
        ORDER BY first_low DESC, 1
    """)
    page.section(
        "What fails first",
        first,
        lambda rows: charts.ranked(
            rows,
            "first_rate",
            bounds=("first_low", "first_high"),
            title="Steps that hard-fail first in a failed build, the surest first",
            unit="share of the pipeline's failed builds, all branches",
        ),
        empty="No build had a hard failure in this time.",
    )
    return


@app.cell
def _(chosen):
    signatures = chosen.of("s").ask("""
        WITH said AS (
          SELECT s.*, s.settled_at >= w.window_from AS is_current
          FROM metric_failure_signatures AS s
          JOIN metric_windows AS w
            ON w.organization_id = s.organization_id AND w.window_days = :days
            AND s.settled_at >= w.previous_from AND s.settled_at < w.window_to
          WHERE :chosen
        )
        SELECT
          signature AS name,
          count(*) FILTER (WHERE is_current) AS n,
          count(*) FILTER (WHERE is_current AND is_hard_failure) AS hard,
          count(*) FILTER (WHERE is_current AND NOT is_hard_failure) AS retried,
          count(*) FILTER (WHERE NOT is_current) AS previous_n,
          count(DISTINCT pipeline_id) FILTER (WHERE is_current) AS pipelines,
          min(line) FILTER (WHERE is_current) AS example,
          max(web_url) FILTER (WHERE is_current) AS job
        FROM said
        GROUP BY 1
        HAVING count(*) FILTER (WHERE is_current) > 0
        ORDER BY n DESC, 1
        LIMIT 200
    """)
    page.section(
        "What the logs say",
        signatures,
        lambda rows: charts.amounts(
            rows,
            {"hard": "hard failure", "retried": "retried"},
            title="Failed attempts by the line of their log that says why",
            unit="attempts with a log",
            n=f"n = {count(rows['n'].sum())}",
            before="previous_n",
            colors=charts.FAILURES,
        ),
        note="Numbers, hashes and quoted text are taken out of the line, so that the same failure "
        "counts as one.",
        empty="No failed attempt of this time has a log.",
        missing="No logs are loaded: --logs failed.",
    )
    return


@app.cell
def _():
    wanted = mo.ui.text(
        placeholder="connection refused", label="Search logs and annotations for", full_width=True
    )
    wanted
    return (wanted,)


@app.cell
def _(chosen, wanted):
    mo.stop(len(wanted.value.strip()) < 3, page.hint("Three characters or more."))
    lines = chosen.of("a").ask(
        """
        SELECT
          a.settled_at AT TIME ZONE :zone AS settled_at,
          a.web_url AS job, a.step, a.result,
          l.line_number, substr(l.text, 1, 500) AS line
        FROM job_log_lines AS l
        JOIN metric_attempts AS a ON a.job_id = l.job_id
        WHERE strpos(lower(l.text), lower(:wanted)) > 0 AND :chosen
        ORDER BY a.settled_at DESC NULLS LAST, a.job_id, l.line_number
        LIMIT 500
        """,
        wanted=wanted.value.strip(),
    )
    annotations = chosen.of("n").ask(
        """
        SELECT
          n.annotated_at AT TIME ZONE :zone AS annotated_at,
          n.web_url AS build, n.context, substr(n.body_text, 1, 500) AS text
        FROM metric_failure_annotations AS n
        WHERE strpos(lower(n.body_text), lower(:wanted)) > 0 AND :chosen
        ORDER BY n.annotated_at DESC
        LIMIT 500
        """,
        wanted=wanted.value.strip(),
    )
    mo.vstack(
        [
            page.section(
                "Lines of logs",
                lines,
                note="The newest 500, of any time.",
                empty="No line that is loaded has this text.",
                missing="No logs are loaded: --logs failed.",
            ),
            page.section(
                "Annotations of style error",
                annotations,
                note="The newest 500, of any time.",
                empty="No annotation of style error that is loaded has this text.",
                missing="No annotations are loaded: --resources core,details.",
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
