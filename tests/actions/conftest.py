from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import dlt
import pytest
import requests

from buildkite_simulator import RecordedRequest
from buildkite_source.actions import Actor, Outcome, actor_of
from buildkite_source.actions.definitions import ACTIONS
from buildkite_source.settings import Acting, Connection
from tests.beginnings import Beginnings
from tests.reading import reading
from tests.source.conftest import Loader, loader, simulator, world_config

__all__ = ["loader", "simulator", "world_config"]

ORGANIZATION = "lumen-freight"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
BEGUN = "begun"
ENV_SECRET = "planted-env-s3cret"


@dataclass
class Acts:
    """Carries actions out against a simulator, with a ledger in a DuckDB file or elsewhere."""

    loader: Loader
    writing: str
    destination: Any = None
    settings: dict[str, Any] = field(default_factory=dict)

    def pipeline(self) -> dlt.Pipeline:
        where = self.destination or dlt.destinations.duckdb(str(self.loader.database))
        return dlt.pipeline("loader", destination=where, dataset_name="ci")

    @contextmanager
    def actor(self, **settings: Any) -> Iterator[Actor]:
        allowed = {"pipelines": ["lumen-freight/*"], "actions": [*ACTIONS], "max_per_build": 50}
        acting = Acting(access_token=self.writing, **{**allowed, **self.settings, **settings})
        connection = Connection(
            access_token="unused", base_url=self.loader.simulator.base_url, budget_share=1.0
        )
        with actor_of(
            self.pipeline(), connection=connection, settings=acting, reading=self.loader.session()
        ) as actor:
            yield actor

    def __call__(
        self, *rows: Mapping[str, Any], dry: bool = False, **settings: Any
    ) -> list[Outcome]:
        with self.actor(**settings) as actor:
            return actor.perform(rows, dry=dry)

    def one(self, dry: bool = False, **row: Any) -> Outcome:
        (outcome,) = self(row, dry=dry)
        return outcome

    def later(self, seconds: float) -> None:
        self.loader.clock.world.advance(timedelta(seconds=seconds))

    @property
    def writes(self) -> list[RecordedRequest]:
        return [one for one in self.loader.simulator.requests if one.method in WRITES]

    @property
    def world(self) -> Any:
        return self.loader.simulator.world

    def ledger(self) -> dict[str, dict[str, Any]]:
        with reading(self.loader.database) as connection:
            rows = connection.sql("FROM ci.actions").to_arrow_table().to_pylist()
        found = {row["key"]: row for row in rows}
        assert len(found) == len(rows), "a key has more than one row"
        found.pop(BEGUN, None)
        return found

    def get(self, path: str, **query: Any) -> Any:
        """Return what the API says, asked aside."""
        simulator = self.loader.simulator
        token = {"Authorization": f"Bearer {simulator.token}"}
        url = f"{simulator.base_url}/organizations/{ORGANIZATION}{path}"
        before = [*simulator.requests]
        answer = requests.get(url, headers=token, params={"per_page": 100, **query}, timeout=10)
        simulator.requests[:] = before
        return answer.json() if answer.ok else None

    def builds(self, *states: str, blocked: bool = False) -> list[dict[str, Any]]:
        """Builds in these states, the newest first, with all their jobs."""
        found = self.get("/builds", **{"state[]": states, "include_retried_jobs": "true"})
        return [one for one in found if one["blocked"] is blocked]


def of(build: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a row that name a build."""
    pipeline = build["pipeline"]["slug"]
    return {"organization": ORGANIZATION, "pipeline": pipeline, "number": build["number"]}


@pytest.fixture
def act(loader: Loader, beginnings: Beginnings) -> Acts:
    """What acts, with a ledger that has one row: to make a table takes longer than all the rest."""
    writing = loader.simulator.add_token(
        scopes=("write_builds", "write_pipelines", "write_agents"), user="robot"
    )
    acts = Acts(loader, writing)
    beginnings.begin(
        loader.simulator, loader.folder, "ledger", lambda: acts({"key": BEGUN}, dry=True)
    )
    return acts
