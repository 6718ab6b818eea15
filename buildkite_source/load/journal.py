"""The `runs` table: what each run did, kept in the destination beside the data."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dlt

RUNS = "runs"
WAITING = "waiting_details"


def run_row(command: str, started_at: datetime, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of one run.

    Args:
        command: `sync` or `backfill`.
        started_at: When it began, by the local clock.
        figures: The other columns.
    """
    seconds = (datetime.now(UTC) - started_at).total_seconds()
    return {"command": command, "started_at": started_at, "seconds": seconds, **figures}


def journal(row: dict[str, Any]) -> Any:
    """Return the resource that appends one run; its columns do not depend on the run."""

    @dlt.resource(
        name=RUNS,
        write_disposition="append",
        columns={
            "command": {"data_type": "text", "description": "sync or backfill"},
            "account": {"data_type": "text", "description": "Account, if several are configured"},
            "started_at": {"data_type": "timestamp", "description": "By the local clock"},
            "seconds": {"data_type": "double", "description": "Wall time"},
            "requests": {"data_type": "bigint", "description": "Requests sent, retries too"},
            "waited": {"data_type": "double", "description": "Seconds waited for the budget"},
            "retried": {"data_type": "bigint", "description": "Requests repeated on failures"},
            "limited": {"data_type": "bigint", "description": "Answers 429"},
            "builds": {"data_type": "bigint", "description": "Rows of builds loaded"},
            "jobs": {"data_type": "bigint", "description": "Rows of jobs loaded"},
            "left_out": {
                "data_type": "bigint",
                "description": "Unsettled builds not asked for, to keep to the bound",
            },
            "error": {"data_type": "text", "description": "Why it ended early, if it did"},
        },
    )
    def runs() -> Iterator[dict[str, Any]]:
        yield row

    return runs()
