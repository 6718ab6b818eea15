import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from buildkite_simulator import ManualClock, Simulator, Step, Switches, WorldConfig
from buildkite_simulator.world.model import Build, Job
from buildkite_source.artifacts import Artifact, DownloadReport, Outcome, Status, download
from buildkite_source.client import BuildkiteSession, RequestBudget, Retries
from tests.client.server import ScriptedServer

BIG = os.urandom(900_000)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


class WorldClock:
    """The client's clock: whoever sleeps moves the simulated world's time."""

    def __init__(self, world: ManualClock) -> None:
        self.now = world.now
        self.world = world

    def monotonic(self) -> float:
        return self.world.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.world.advance(timedelta(seconds=seconds))


@dataclass
class Shop:
    """A simulator with one finished build, a session, and a folder to download to."""

    simulator: Simulator
    build: Build
    target: Path
    outcomes: list[Outcome] = field(default_factory=list)
    retries: Retries = field(default_factory=Retries)

    @property
    def job(self) -> Job:
        return next(job for job in self.build.attempts() if job.type == "script")

    def plant(self, path: str, content: bytes | int = b"content", **traits: Any) -> None:
        self.simulator.world.plant_artifact(self.job, path, content, **traits)

    def listed(self, **filters: str) -> list[Artifact]:
        """What the API lists for the build."""
        place = f"/organizations/acme/pipelines/web/builds/{self.build.number}/artifacts"
        url = f"{self.simulator.base_url}{place}?{urlencode({'per_page': 100, **filters})}"
        headers = {"Authorization": f"Bearer {self.simulator.token}"}
        rows = requests.get(url, headers=headers, timeout=5).json()
        self.simulator.reset_requests()
        known = ("id", "job_id", "path", "file_size", "sha1sum", "state")
        return [
            Artifact("acme", "web", self.build.number, **{name: row[name] for name in known})
            for row in rows
        ]

    def session(self, token: str | None = None) -> BuildkiteSession:
        clock = WorldClock(self.simulator.world.clock)
        return BuildkiteSession(
            token or self.simulator.token,
            self.simulator.base_url,
            budget=RequestBudget(clock),
            clock=clock,
            rng=random.Random(7),
            retries=self.retries,
        )

    def download(self, artifacts: list[Artifact] | None = None, **more: Any) -> DownloadReport:
        self.outcomes.clear()
        session = more.pop("session", None) or self.session()
        target = more.pop("target", str(self.target))
        with session:
            return download(
                session,
                self.listed() if artifacts is None else artifacts,
                target,
                on_done=self.outcomes.append,
                **more,
            )

    @property
    def asked(self) -> int:
        return len(self.simulator.requests)

    @property
    def fetched(self) -> int:
        return len(self.simulator.storage_requests)

    def files(self) -> dict[str, bytes]:
        """Every file below the target, by its name within the job's folder."""
        job = f"acme/web/{self.build.number}/{self.job.id}/"
        return {
            path.relative_to(self.target).as_posix().removeprefix(job): path.read_bytes()
            for path in self.target.rglob("*")
            if path.is_file()
        }


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    with Simulator(WorldConfig.empty(), clock=ManualClock()) as simulator:
        simulator.world.add_pipeline("acme", "web", (Step(key="lint", minutes=1),))
        yield simulator


@pytest.fixture
def shop(running: Simulator, tmp_path: Path) -> Iterator[Shop]:
    """A build of its own for each test; what one test changes of the simulator ends with it."""
    build = running.world.create_build("acme", "web", outcomes={"lint": "passed"})
    running.world.clock.advance(hours=1)
    windows = running.api.windows
    yield Shop(running, build, tmp_path / "target")
    running.api.windows = windows
    running.api.hooks.clear()
    running.faults.clear()
    running.reset_requests()
    vars(running.switches).update(vars(Switches()))


def counts(report: DownloadReport) -> dict[Status, int]:
    return {status: count for status, count in report.counts.items() if count}


@pytest.fixture
def big(shop: Shop) -> Artifact:
    shop.plant("big.bin", BIG)
    (artifact,) = shop.listed()
    return artifact


@pytest.fixture
def storage(shop: Shop) -> Iterator[ScriptedServer]:
    """A storage host that answers by script; the API points to it."""
    scripted = ScriptedServer()
    shop.simulator.faults.add(
        kind="redirect", match="/download", location=f"{scripted.origin}/x?sign=1", times=None
    )
    yield scripted
    scripted.close()


def partials(shop: Shop) -> list[Path]:
    return list(shop.target.rglob("*.part"))
