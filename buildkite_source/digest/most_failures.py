"""The pipelines with the most failed builds: no part of the page, but what a message tells."""

from .model import Column, Form, Section

MOST_FAILURES = Section(
    key="most_failures",
    title="Most failures",
    note="Failed builds of those that passed or failed, and the step at which most of them failed "
    "first. Ranked by their number.",
    view="metric_success_windows",
    empty="No build failed.",
    sql="""
    SELECT
      s.organization_slug,
      s.pipeline_slug,
      p.web_url AS pipeline_url,
      s.failed,
      s.n,
      share(s.failed, s.n) AS failure_rate,
      f.step,
      f.builds AS step_failed
    FROM (
      SELECT
        organization_slug,
        pipeline_slug,
        pipeline_id,
        sum(failed) AS failed,
        sum(n) AS n
      FROM metric_success_windows
      WHERE :scope
      GROUP BY 1, 2, 3
    ) AS s
    LEFT JOIN (
      SELECT
        b.pipeline_id,
        b.first_step AS step,
        count(*) AS builds,
        row_number() OVER (PARTITION BY b.pipeline_id ORDER BY count(*) DESC, b.first_step) AS place
      FROM (SELECT * FROM metric_failed_builds WHERE :scope) AS b
      JOIN metric_windows AS w
        ON w.organization_id = b.organization_id
        AND b.settled_at >= w.window_from AND b.settled_at < w.window_to
      WHERE b.first_step IS NOT NULL
      GROUP BY 1, 2
    ) AS f ON f.pipeline_id = s.pipeline_id AND f.place = 1
    LEFT JOIN pipelines AS p ON p.id = s.pipeline_id
    WHERE s.failed > 0
    ORDER BY s.failed DESC, failure_rate DESC, 1, 2
    LIMIT :top
    """,
    columns=(
        Column("organization_slug", "Organization", shown="differs"),
        Column("pipeline_slug", "Pipeline", link="pipeline_url"),
        Column("failed", "Failed builds", Form.COUNT),
        Column("failure_rate", "Of those finished", Form.PERCENT, "n"),
        Column("step", "Step"),
    ),
)
