"""The columns of the journal's tables, as dlt sees them."""

from collections.abc import Mapping

from dlt.common.schema.typing import TColumnSchema

RUN_COLUMNS: Mapping[str, TColumnSchema] = {
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
}

WAITING_COLUMNS: Mapping[str, TColumnSchema] = {
    "kind": {
        "data_type": "text",
        "description": "logs, or the name of the table it is wanted for",
    },
    "priority": {"data_type": "bigint", "description": "1 is fetched next"},
    "reason": {"data_type": "text", "description": "Bound that left it out"},
    "organization_id": {"data_type": "text", "description": "Organization"},
    "build_id": {"data_type": "text", "description": "Build; joins builds.id"},
    "job_id": {
        "data_type": "text",
        "description": "Job of a log or environment; joins jobs.id",
    },
    "created_at": {"data_type": "timestamp", "description": "When it was created"},
}
