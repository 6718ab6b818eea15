"""What takes long: pipelines, steps, and the wait for an agent."""

from buildkite_source.digest.model import ORGANIZATION, PIPELINE, STEP, Column, Form, Section

SLOW_PIPELINES = Section(
    key="slowest_pipelines",
    title="Slowest pipelines",
    note="From a build's start to its finish, of builds that passed or failed. Ranked by the "
    "median, which takes at least 5 builds; the 95th percentile takes 20.",
    view="metric_duration_windows",
    empty="No pipeline had 5 builds that passed or failed.",
    sql="""
    SELECT
      d.organization_slug,
      d.pipeline_slug,
      p.web_url AS pipeline_url,
      d.branch_class,
      d.n,
      d.run_p50_seconds,
      d.run_p95_seconds,
      d.total_p50_seconds,
      d.previous_n,
      d.previous_run_p50_seconds,
      d.previous_run_p95_seconds
    FROM (SELECT * FROM metric_duration_windows WHERE :scope) AS d
    LEFT JOIN pipelines AS p ON p.id = d.pipeline_id
    WHERE d.run_p50_seconds IS NOT NULL
    ORDER BY d.run_p50_seconds DESC, 1, 2, 4
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        PIPELINE,
        Column("branch_class", "Branches"),
        Column("run_p50_seconds", "Median", Form.DURATION, "n", compared=True, more_is="worse"),
        Column("run_p95_seconds", "95th percentile", Form.DURATION, compared=True, more_is="worse"),
    ),
)

SLOW_STEPS = Section(
    key="slowest_steps",
    title="Slowest steps",
    note="Run time of attempts that passed or failed. Ranked by the median, which takes at least "
    "5 attempts; the 95th percentile takes 20.",
    view="metric_step_duration_windows",
    empty="No step had 5 attempts that passed or failed.",
    sql="""
    SELECT
      d.organization_slug,
      d.pipeline_slug,
      p.web_url AS pipeline_url,
      d.step,
      d.n,
      d.run_p50_seconds,
      d.run_p95_seconds,
      d.previous_n,
      d.previous_run_p50_seconds
    FROM (SELECT * FROM metric_step_duration_windows WHERE :scope) AS d
    LEFT JOIN pipelines AS p ON p.id = d.pipeline_id
    WHERE d.run_p50_seconds IS NOT NULL
    ORDER BY d.run_p50_seconds DESC, 1, 2, 4
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        PIPELINE,
        STEP,
        Column("run_p50_seconds", "Median", Form.DURATION, "n", compared=True, more_is="worse"),
        Column("run_p95_seconds", "95th percentile", Form.DURATION),
    ),
)

WAITS = Section(
    key="longest_queue_waits",
    title="Longest queue waits",
    note="From when an agent could take a job to its start, without the wait for a concurrency "
    "group; of all pipelines. Ranked by the 95th percentile, which takes at least 20 jobs; the "
    "median takes 5.",
    view="metric_queue_wait_windows",
    empty="No queue had 5 jobs that started.",
    sql="""
    SELECT
      organization_slug,
      cluster_id,
      queue,
      n,
      p50_seconds,
      p95_seconds,
      previous_n,
      previous_p50_seconds,
      previous_p95_seconds
    FROM metric_queue_wait_windows
    WHERE :organizations AND p50_seconds IS NOT NULL
    ORDER BY p95_seconds DESC NULLS LAST, p50_seconds DESC, 1, 3, 2
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        Column("cluster_id", "Cluster", shown="needed"),
        Column("queue", "Queue"),
        Column(
            "p95_seconds", "95th percentile", Form.DURATION, "n", compared=True, more_is="worse"
        ),
        Column("p50_seconds", "Median", Form.DURATION, compared=True, more_is="worse"),
    ),
)
