"""What is the case as of the last load: questions that more than one page asks."""

from buildkite_source.answers.answer import Answer

from .filters import Chosen


def queues(chosen: Chosen) -> Answer:
    """Return the queues with jobs that wait or run, the longest line first."""
    return chosen.of(pipelines=False, branches=False).ask("""
        SELECT
          organization_slug || '/' || queue AS name, waiting, running,
          median_wait_seconds / 60 AS median_wait_minutes,
          longest_wait_seconds / 60 AS longest_wait_minutes, cluster_id
        FROM metric_waiting_now
        WHERE :chosen
        ORDER BY waiting DESC, running DESC, 1
    """)


def standing(chosen: Chosen) -> Answer:
    """Return the builds that stand at a block or input step, the latest first, at most 500 rows."""
    return chosen.ask("""
        SELECT
          web_url AS build, label AS stands_at,
          blocked_from AT TIME ZONE :zone AS since, blocked_seconds / 3600 AS hours,
          state, branch
        FROM metric_standing_builds
        WHERE :chosen
        ORDER BY blocked_from DESC, 1
        LIMIT 500
    """)


def how_many_stand(chosen: Chosen) -> int | None:
    """Return how many builds stand at a block or input step: quicker than to list them.

    None where the view is missing.
    """
    answer = chosen.ask("""
        SELECT count(DISTINCT build_id) AS builds FROM metric_standing_builds WHERE :chosen
    """)
    return None if answer.missing else int(answer.rows["builds"].iloc[0])
