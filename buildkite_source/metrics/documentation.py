"""`docs/metrics.md` and the comments in the destination, from the comments of the SQL files."""

from collections.abc import Iterable, Mapping

from .functions import MEANINGS
from .views import View

# Columns that mean the same wherever they are.
_SHARED: Mapping[str, str] = {
    "agent_id": "Agent that ran it.",
    "agent_name": "Name of the agent.",
    "attempts": "Attempts of script and trigger jobs.",
    "branch": "Branch of the build.",
    "branch_class": "default branch, pull request or other.",
    "build_id": "Build; joins builds.id.",
    "build_number": "Number of the build within its pipeline.",
    "canceled": "Those that were canceled.",
    "cluster_id": "Cluster of the queue; the same key may exist in others.",
    "commit": "Commit SHA; NULL while it is not resolved.",
    "created_at": "When it was created.",
    "creator_id": "Who created it: user id.",
    "creator_name": "Who created it: name. Personal.",
    "exit_status": "Exit status.",
    "failed": "Those that failed.",
    "failing_at": "First failure of the build.",
    "fetched_at": "When the API sent this version of it.",
    "finished_at": "When it finished.",
    "is_blocked": "Stands at a block or input step.",
    "is_settled": "passed, failed, canceled, skipped or not_run; see metric_build_classes.",
    "job_id": "Attempt; joins jobs.id.",
    "message": "Commit message or text given on creation.",
    "not_run": "Those whose steps were all skipped.",
    "organization_id": "Organization; joins organizations.id.",
    "organization_slug": "Name of the organization in URLs.",
    "parallel_group_index": "Place among the parallel jobs of the step.",
    "passed": "Those that passed.",
    "pipeline_id": "Pipeline; joins pipelines.id.",
    "pipeline_slug": "Name of the pipeline in URLs, as it is now.",
    "queue": "Queue.",
    "rebuilt_from_id": "Build this one repeats.",
    "retried": "A later attempt replaced it.",
    "retry_source_type": "How this attempt came about: automatic or manual.",
    "retry_type": "How the next attempt came about: automatic or manual.",
    "runnable_at": "From when an agent could take it.",
    "settled_at": "When it settled: finished_at, or created_at where there is none.",
    "signal_reason": "Why a signal ended it.",
    "skipped": "Those that were skipped.",
    "source": "webhook, api, ui, trigger_job or schedule.",
    "started_at": "When it started.",
    "state": "State as the API tells it.",
    "step": "Key or normalised name of the step, matrix values included.",
    "type": "Type of the job.",
    "web_url": "Page on Buildkite.",
    "window_days": "Length of the window in days, up to as_of: 7, 28 or 90.",
}

_HEADER = """# Metric views

Generated from the comments of the SQL files in `buildkite_source/metrics/`; a test compares the
two. The command line makes these views in the dataset after each load, beside the tables
(`metric_views = false` turns that off, the command `views` makes them anew); in a pipeline of your
own, `buildkite_source.metrics.create_views(pipeline)` does.

## How to read them

- Views that end in `_hourly` count by the hour (UTC). Sum the counts to days, weeks or months
  first, then divide: rates do not add up. For a zone:
  `date_trunc('day', hour AT TIME ZONE 'Europe/Berlin')`; for a zone with half hours, and for any
  span to the second, take the views of one row a build (`metric_builds`) or attempt
  (`metric_attempts`).
- Views that end in `_windows` compare the last 7, 28 and 90 days with as many days before, up to
  the moment the data is of, with n beside every rate and percentile.
- The other views have one row a build, attempt, commit or the like, with all the definitions
  applied.
- A build that stands at a block step counts as what its state says, once work was done before the
  block (settings `blocked_builds` and `blocked_builds_by_pipeline`); rates and durations say how
  many of their builds stand.
- "Now" is `as_of` of `metric_clock`, not the clock of the database.
- A view whose tables are not loaded (annotations, logs) is not there.
- From a million jobs on (`metric_tables_from`), heavy views read tables of their own,
  `materialized_*`, on DuckDB and PostgreSQL. Each load of the command line or of `load()` works out
  the builds anew that it changed, with those of the same commits, once its rows have arrived: for
  these seconds such views are of the load before, and after a load by `pipeline.run()` alone until
  the command `views`. `views --again` works out all rows.

Any span, with the same span before it:

```sql
SELECT pipeline_slug,
       count(*) FILTER (WHERE state = 'passed') AS passed,
       count(*) FILTER (WHERE state IN ('passed', 'failed')) AS n,
       1.0 * count(*) FILTER (WHERE state = 'passed')
         / nullif(count(*) FILTER (WHERE state IN ('passed', 'failed')), 0) AS success_rate
FROM metric_builds
WHERE is_settled AND settled_at >= '2026-09-01' AND settled_at < '2026-09-08'
GROUP BY pipeline_slug
```

The SQL is DuckDB's and is translated for the destination; tested on DuckDB and PostgreSQL. It calls
a few functions that are spelled out in the view:

| Function | Meaning |
| --- | --- |
"""


def markdown(views: Iterable[View]) -> str:
    """Return the documentation page of all views."""
    views = sorted(views, key=lambda view: view.name)
    functions = "\n".join(f"| `{call}` | {meaning} |" for call, meaning in MEANINGS.items())
    links = "\n".join(f"| [`{view.name}`](#{view.name}) | {view.title} |" for view in views)
    overview = f"\n\n## Overview\n\n| View | Shows |\n| --- | --- |\n{links}\n\n"
    return _HEADER + functions + overview + "\n".join(_section(view) for view in views)


def description_of(view: View, column: str) -> str:
    """Return the description of a column of a view.

    Raises:
        KeyError: Nobody has described it.
    """
    return view.described.get(column) or _SHARED[column]


def _section(view: View) -> str:
    definition = "".join(f"{paragraph}\n\n" for paragraph in view.definition)
    key = ", ".join(f"`{name}`" for name in view.key)
    rows = "\n".join(f"| `{name}` | {description_of(view, name)} |" for name in view.columns)
    by = ", ".join(f"`{name}`" for name in view.unit)
    kept = f" Kept as a table by {by}." if by else ""
    return f"""## {view.name}

{view.title} One row per {view.grain}. Key: {key}.{kept}

{definition}| Column | Description |
| --- | --- |
{rows}

<details><summary>SQL</summary>

```sql
{view.sql}
```

</details>
"""
