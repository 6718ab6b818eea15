"""Programs of a scheduler's packages, in an environment of their own: they fit in none of ours."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from buildkite_simulator import RecordedRequest, Simulator
from tests.cli.running import REPOSITORY, Outcome, run
from tests.oracle import differences, expected
from tests.reading import from_duckdb

SCHEDULERS = REPOSITORY / "pipelines" / "schedulers"
TOKEN = "SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN"

# All that was tried is older than that, what the schedulers depend on too.
_TRIED = "2026-11-28"
_NO_INDEX = ("Failed to fetch", "error sending request", "dns error")
_LONGEST = 900


@dataclass
class Isolated:
    """Runs programs beside this project and a scheduler.

    Attributes:
        simulator: What is loaded.
        folder: Where they are started.
        file: The DuckDB file that they load into.
        env: Their environment, without a token.
    """

    simulator: Simulator
    folder: Path
    file: Path
    env: dict[str, str]

    def __call__(
        self, package: str, *command: str, env: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run a program to its end, with a token unless `env` says otherwise."""
        given = {**self.env, TOKEN: self.simulator.token} if env is None else {**self.env, **env}
        # The editable project is always the one at hand; uv would keep a built one.
        beside = ("--with", package, "--with-editable", str(REPOSITORY))
        uv = ("uv", "run", "--quiet", "--no-project", "--isolated", "--exclude-newer", _TRIED)
        # What uv keeps, it keeps for all tests.
        cache = {"UV_CACHE_DIR": _cache()}
        outcome = run(
            *uv, *beside, *command, cwd=self.folder, env={**given, **cache}, timeout=_LONGEST
        )
        if outcome.code and any(sign in outcome.err for sign in _NO_INDEX):
            pytest.skip(f"The package index cannot be reached for {package}: {outcome.err[:200]}")
        assert outcome.code == 0, outcome.text[-5000:]
        return outcome

    def requests(self) -> list[RecordedRequest]:
        """Return the requests since this was asked last."""
        found = list(self.simulator.requests)
        self.simulator.requests.clear()
        return found

    def assert_true(self) -> None:
        """Hold what is loaded against what the simulator holds."""
        truth = expected(self.simulator.world.truth())
        assert differences(from_duckdb(self.file, "buildkite_data"), truth) == []


@lru_cache
def _cache() -> str:
    """Return the folder of what uv keeps, which is not to follow the home of a test."""
    return run("uv", "cache", "dir", cwd=REPOSITORY, env=dict(os.environ)).out.strip()
