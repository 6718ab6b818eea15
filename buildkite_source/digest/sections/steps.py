"""Steps that are flaky."""

from buildkite_source.digest.model import Column, Form, Section

from .columns import ORGANIZATION, PIPELINE, STEP

FLAKY = Section(
    key="flaky_steps",
    title="Flakiest steps",
    note="Flaky: failed and passed at the same commit. Rate = such commits / commits at which the "
    "step passed or failed. Ranked by the lower end of its Wilson interval.",
    view="metric_flaky_step_windows",
    empty="No step was flaky.",
    sql="""
    SELECT
      o.slug AS organization_slug,
      f.pipeline_slug,
      p.web_url AS pipeline_url,
      f.step,
      f.parallel_group_index,
      f.flaky_rate,
      f.flaky_low,
      f.commits,
      f.flaky_commits,
      f.flaky_within_build,
      f.flaky_across_builds,
      f.last_flaky_at,
      f.previous_flaky_rate,
      f.previous_commits
    FROM (SELECT * FROM metric_flaky_step_windows WHERE :scope) AS f
    LEFT JOIN pipelines AS p ON p.id = f.pipeline_id
    LEFT JOIN organizations AS o ON o.id = f.organization_id
    WHERE f.flaky_commits > 0
    ORDER BY f.flaky_low DESC, f.flaky_commits DESC, 1, 2, 4, 5
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        PIPELINE,
        STEP,
        Column("parallel_group_index", "Parallel", Form.COUNT, shown="needed"),
        Column("flaky_rate", "Flaky rate", Form.PERCENT, "commits", compared=True, more_is="worse"),
        Column("flaky_commits", "Flaky commits", Form.COUNT),
        Column("last_flaky_at", "Last seen", Form.TIME),
    ),
)
