"""How builds end: all, by pipeline, on the default branch, and those that stand."""

from buildkite_source.digest.model import ORGANIZATION, PIPELINE, Column, Form, Section

OVERALL = Section(
    key="overall",
    title="Overall",
    note="Success rate = passed / (passed + failed); clean without any failed attempt.",
    view="metric_success_windows",
    empty="No build passed or failed.",
    sql="""
    SELECT
      sum(n) AS n,
      sum(standing_n) AS standing_n,
      sum(passed) AS passed,
      sum(failed) AS failed,
      share(sum(passed), sum(n)) AS success_rate,
      share(sum(clean_passed), sum(n)) AS clean_success_rate,
      share(sum(canceled), sum(builds)) AS canceled_share,
      sum(builds) AS builds,
      sum(previous_n) AS previous_n,
      share(sum(previous_success_rate * previous_n), sum(previous_n)) AS previous_success_rate,
      share(sum(previous_clean_success_rate * previous_n), sum(previous_n))
        AS previous_clean_success_rate
    FROM metric_success_windows
    WHERE :scope
    HAVING sum(n) + sum(previous_n) > 0
    """,
    columns=(
        Column("n", "Builds passed or failed", Form.COUNT, compared=True),
        Column("standing_n", "Of them standing blocked", Form.COUNT),
        Column("success_rate", "Success rate", Form.PERCENT, "n", compared=True, more_is="better"),
        Column(
            "clean_success_rate",
            "Clean success rate",
            Form.PERCENT,
            "n",
            compared=True,
            more_is="better",
        ),
        Column("canceled_share", "Canceled", Form.PERCENT, "builds"),
    ),
)

FAILING = Section(
    key="failing_pipelines",
    title="Pipelines that fail most",
    note="Success rate = passed / (passed + failed). Ranked by the upper end of its Wilson "
    "interval, so that one failure of one is no worst.",
    view="metric_success_windows",
    empty="No build failed.",
    sql="""
    SELECT
      s.organization_slug,
      s.pipeline_slug,
      p.web_url AS pipeline_url,
      sum(s.n) AS n,
      sum(s.failed) AS failed,
      sum(s.standing_n) AS standing_n,
      share(sum(s.passed), sum(s.n)) AS success_rate,
      wilson_high(sum(s.passed), sum(s.n)) AS success_high,
      share(sum(s.clean_passed), sum(s.n)) AS clean_success_rate,
      sum(s.previous_n) AS previous_n,
      share(sum(s.previous_success_rate * s.previous_n), sum(s.previous_n))
        AS previous_success_rate
    FROM (SELECT * FROM metric_success_windows WHERE :scope) AS s
    LEFT JOIN pipelines AS p ON p.id = s.pipeline_id
    GROUP BY 1, 2, 3, s.pipeline_id
    HAVING sum(s.failed) > 0
    ORDER BY success_high, failed DESC, 1, 2
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        PIPELINE,
        Column("success_rate", "Success rate", Form.PERCENT, "n", compared=True, more_is="better"),
        Column("failed", "Failed builds", Form.COUNT),
        Column("standing_n", "Standing blocked", Form.COUNT, shown="differs"),
        Column("clean_success_rate", "Clean success rate", Form.PERCENT),
    ),
)

STANDING = Section(
    key="standing_blocked",
    title="Standing blocked",
    note="Builds at a block or input step now, whenever they came there, since the last thing that "
    "happened in them. Ranked by their number.",
    view="metric_standing_builds",
    empty="No build stands at a block step.",
    sql="""
    SELECT
      s.organization_slug,
      s.pipeline_slug,
      p.web_url AS pipeline_url,
      s.label,
      count(DISTINCT s.build_id) AS builds,
      percentile(s.blocked_seconds, 0.5, 1) AS median_seconds,
      max(s.blocked_from) AS last_blocked_from,
      min(s.blocked_from) AS first_blocked_from
    FROM (SELECT * FROM metric_standing_builds WHERE :scope) AS s
    LEFT JOIN pipelines AS p ON p.id = s.pipeline_id
    GROUP BY 1, 2, 3, 4, s.pipeline_id
    ORDER BY builds DESC, 1, 2, 4
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        PIPELINE,
        Column("label", "Step"),
        Column("builds", "Builds", Form.COUNT),
        Column("median_seconds", "Median", Form.DURATION),
        Column("first_blocked_from", "First since", Form.TIME),
        Column("last_blocked_from", "Last since", Form.TIME),
    ),
)

RED = Section(
    key="main_red_time",
    title="Main red time",
    note="On the default branch, from a failed build's finish to the next passed build's. Of it, "
    "flakes: the failing commit also passed.",
    view="metric_red_windows",
    empty="No default branch was red.",
    sql="""
    SELECT
      r.organization_slug,
      r.pipeline_slug,
      p.web_url AS pipeline_url,
      r.red_seconds,
      r.flake_seconds,
      r.recoveries,
      r.median_recovery_seconds,
      r.still_red_since,
      r.previous_red_seconds,
      r.previous_recoveries,
      r.previous_median_recovery_seconds
    FROM (SELECT * FROM metric_red_windows WHERE :scope) AS r
    LEFT JOIN pipelines AS p ON p.id = r.pipeline_id
    WHERE r.red_seconds > 0
    ORDER BY r.red_seconds DESC, 1, 2
    LIMIT :top
    """,
    columns=(
        ORGANIZATION,
        PIPELINE,
        Column("red_seconds", "Red", Form.DURATION, compared=True, more_is="worse"),
        Column("flake_seconds", "Of it flakes", Form.DURATION),
        Column(
            "median_recovery_seconds",
            "Median time to recover",
            Form.DURATION,
            "recoveries",
            compared=True,
            more_is="worse",
        ),
        Column("still_red_since", "Still red since", Form.TIME),
    ),
)
