"""What came in: every request, kept for tests to look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Origin = Literal["api", "graphql", "storage"]


@dataclass
class RecordedRequest:
    """A request as it came in, and the status it got; `body` only where it is GraphQL's."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    at: datetime
    status: int | None = None
    origin: Origin = "api"
    body: bytes = b""

    @property
    def params(self) -> dict[str, str]:
        """The query as a dict; the last of equal names wins."""
        return dict(self.query)
