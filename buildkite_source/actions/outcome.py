"""What became of an action: the ledger's row of it, and a sentence for people."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from buildkite_source.printable import one_line


class Status(StrEnum):
    """Where an action stands."""

    DRY = "dry"
    REFUSED = "refused"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


# They were carried out, or may have been: limits count them.
REAL = (Status.SENT, Status.DONE, Status.UNKNOWN)
# What the API says of the thing itself, which no other token or hour would change.
_FINAL = (400, 404, 409, 422)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the table `actions`; see `buildkite_source.tables.actions` for its columns.

    Attributes:
        told: What became of it in a sentence, on one line and harmless; no column.
        was_before: It was settled before this run, which sent nothing; no column.
    """

    key: str
    action: str
    organization_slug: str | None
    pipeline_slug: str | None
    build_number: int | None
    job_id: str | None
    agent_id: str | None
    fields: dict[str, Any]
    reason: str | None
    requested_by: str | None
    requested_at: datetime
    dry: bool
    status: Status
    fetched_at: datetime
    answered_at: datetime | None = None
    http_status: int | None = None
    answer_id: str | None = None
    answer_number: int | None = None
    answer_url: str | None = None
    error: str | None = None
    told: str = ""
    was_before: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether the key is never carried out again."""
        if self.status is Status.FAILED:
            return self.http_status in _FINAL
        return self.status is Status.DONE

    @property
    def is_doubtful(self) -> bool:
        """Whether it was sent, or is about to be, and nothing tells what became of it."""
        return self.status in (Status.SENT, Status.UNKNOWN)

    @property
    def went_wrong(self) -> bool:
        """Whether somebody should look at it."""
        return self.status in (Status.REFUSED, Status.FAILED, Status.UNKNOWN)

    @property
    def target(self) -> str:
        """What it is done to, in a few words."""
        place = "/".join(filter(None, (self.organization_slug, self.pipeline_slug)))
        if self.build_number is not None:
            place += f" #{self.build_number}"
        parts = [place, self.job_id and f"job {self.job_id}"]
        parts.append(self.agent_id and f"agent {self.agent_id}")
        return one_line(" ".join(filter(None, parts))) or "(no target)"

    def row(self) -> dict[str, Any]:
        """Return the row of the ledger."""
        return {name: getattr(self, name) for name in COLUMNS}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Outcome":
        """Return what a row of the ledger says."""
        return cls(**{**row, "status": Status(row["status"])})


COLUMNS = tuple(one.name for one in fields(Outcome) if one.name not in ("told", "was_before"))
