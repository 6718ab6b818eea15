"""Steps that are flaky, and what retrying them did."""

from buildkite_source.digest.model import ORGANIZATION, PIPELINE, STEP, Column, Form, Section

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

FLAKE_RETRIES = Section(
    key="flake_retries",
    title="Flakes retried",
    note="Failed builds that retry-flakes retried. Saved: the build passed afterwards; wasted: it "
    "failed again. Agent time is that of the retries.",
    view="metric_flake_retries",
    empty="No build was retried for its flakes.",
    sql="""
    SELECT
      r.organization_slug,
      r.pipeline_slug,
      p.web_url AS pipeline_url,
      count(*) AS retried,
      count(*) FILTER (WHERE r.outcome = 'saved') AS saved,
      count(*) FILTER (WHERE r.outcome = 'wasted') AS wasted,
      sum(r.agent_seconds) AS agent_seconds,
      percentile(r.green_seconds, 0.5, 1) AS median_green_seconds
    FROM (SELECT * FROM metric_flake_retries WHERE :scope) AS r
    JOIN metric_windows AS w
      ON w.organization_id = r.organization_id
      AND r.retried_at >= w.window_from AND r.retried_at < w.window_to
    LEFT JOIN pipelines AS p ON p.id = r.pipeline_id
    GROUP BY 1, 2, 3, r.pipeline_id
    ORDER BY retried DESC, 1, 2
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        PIPELINE,
        Column("retried", "Builds retried", Form.COUNT),
        Column("saved", "Saved", Form.COUNT),
        Column("wasted", "Wasted", Form.COUNT),
        Column("agent_seconds", "Agent time", Form.DURATION),
        Column("median_green_seconds", "Median time to green", Form.DURATION),
    ),
    only_if_any=True,
)
