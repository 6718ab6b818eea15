"""The table `posts`: what `report --post … --when changed` has posted last, and where."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import dlt
from dlt.common.schema.typing import TColumnSchema

from buildkite_source.answers.questions import Warehouse
from buildkite_source.client import BuildkiteError

from .journal import load_beside
from .recovery import opened
from .table_format import adapt_destination, use_table_format

POSTS = "posts"

_COLUMNS: Mapping[str, TColumnSchema] = {
    "posted_at": {"data_type": "timestamp", "description": "By the local clock"},
    "place": {"data_type": "text", "description": "Where to, with a hash of the address"},
    "verdicts": {"data_type": "text", "description": "What was good and bad, as JSON"},
}
_LAST = """
SELECT place, verdicts
FROM (
  SELECT place, verdicts, row_number() OVER (PARTITION BY place ORDER BY posted_at DESC) AS newest
  FROM posts
) AS told
WHERE newest = 1
"""


def last_verdicts(warehouse: Warehouse) -> dict[str, str]:
    """Return the verdicts that were posted last, by place; none before the first post."""
    answer = warehouse.ask(_LAST)
    return {} if answer.missing else dict(answer.rows.values.tolist())


def remember_posts(
    pipeline_name: str,
    destination: str,
    dataset: str,
    places: Sequence[str],
    verdicts: str,
    now: datetime,
) -> None:
    """Add a row for each place to `posts`; a load of its own, by dlt, as any destination takes it.

    Args:
        pipeline_name: Name of the pipeline.
        destination: Name of the dlt destination.
        dataset: Of the data.
        places: The keys of the places that were posted to.
        verdicts: What was posted.
        now: The time.

    Raises:
        BusyError: A load is under way.
        BuildkiteError: A load has left work, which another load has to finish first.
        Exception: Of dlt or the destination.
    """
    with opened(pipeline_name, destination=destination, dataset_name=dataset) as pipeline:
        if pipeline.has_pending_data:
            raise BuildkiteError("an earlier load is not finished; run without a command first.")
        adapt_destination(pipeline)
        pipeline.sync_destination()
        rows = [{"posted_at": now, "place": place, "verdicts": verdicts} for place in places]
        load_beside(pipeline, [_posts(rows)], use_table_format(pipeline, None))


def _posts(rows: list[dict[str, Any]]) -> Any:
    @dlt.resource(name=POSTS, write_disposition="append", columns={**_COLUMNS})
    def posts() -> Iterator[list[dict[str, Any]]]:
        yield rows

    return posts()
