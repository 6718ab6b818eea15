from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from buildkite_source.builds.build_list import BuildList
from buildkite_source.builds.memory import ListMemory
from buildkite_source.builds.passes import SyncPlan
from buildkite_source.client import Event, ListRead, RawItem, Refusal
from buildkite_source.windows import Window, to_api

NOW = datetime(2026, 8, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Answer = Sequence[RawItem] | Refusal


def build(key: str, created: datetime, state: str = "running", **fields: Any) -> RawItem:
    head = {"id": key, "created_at": to_api(created), "state": state, **fields}
    return RawItem(orjson.dumps(head), NOW)


@dataclass
class Runs:
    """Runs of one list after another; each pass is answered with one page, or refused.

    Attributes:
        kept: What they remember.
        passes: The passes of the last one.
        rows: What they told, by table.
        blocked: Builds that are loaded as blocked: creation time by id.
        owned_from: When the organization was made.
    """

    kept: dict[str, Any] = field(default_factory=dict)
    passes: list[str] = field(default_factory=list)
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    read: ListRead | None = None
    blocked: dict[str, datetime] = field(default_factory=dict)
    owned_from: datetime | None = None

    def run(self, now: datetime, answers: Mapping[str, Answer], **options: Any) -> None:
        self.passes, self.rows = [], []
        plan = SyncPlan(**{"since": NOW - 3 * DAY, "now": now, **options})
        builds = self.list_of(plan)
        for _ in builds:
            name = builds.cursor.slice.name
            self.passes.append(name)
            answer = answers.get(name, [])
            refusal = answer if isinstance(answer, Refusal) else None
            page = [] if isinstance(answer, Refusal) else list(answer)
            # A tuple is a page that others follow.
            last = refusal is None and not isinstance(answer, tuple)
            builds.page(page, last=last, refusal=refusal)
            told = builds.ended(now)
            self.rows += [(item.kind, orjson.loads(item.raw)) for item in told]

    def list_of(self, plan: SyncPlan) -> BuildList:
        memory = ListMemory([self.kept])
        return BuildList("acme", "o", memory, plan, self._hear, self._blocked, self.owned_from)

    @property
    def missing(self) -> list[str]:
        return [row["id"] for kind, row in self.rows if kind == "missing_builds"]

    def _blocked(self, window: Window) -> dict[str, datetime]:
        return {key: at for key, at in self.blocked.items() if window.start <= at < window.end}

    def _hear(self, event: Event) -> None:
        assert isinstance(event, ListRead)
        self.read = event


@pytest.fixture
def runs() -> Runs:
    """A first run, which saw one build that is done and one that runs."""
    first = Runs()
    seen = [build("a", NOW - DAY), build("b", NOW - DAY - HOUR, "passed")]
    first.run(NOW, {"history": seen})
    return first
