"""dbt, in an environment of its own: it is no dependency of ours."""

import json
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import REPOSITORY, Outcome, environment, run

# The oldest that packages are for, and the newest that is tried. 1.12.6 was by hand, on DuckDB: a
# package that it depends on, and does without, downloads a program while it is installed.
OLDEST, NEWEST = "1.9.11", "1.11.16"
ADAPTERS = {"duckdb": "dbt-duckdb==1.11.1", "postgres": "dbt-postgres==1.11.0"}
# All that was tried is older than that, what dbt depends on too.
TRIED = "2026-11-28"
_NO_INDEX = ("Failed to fetch", "error sending request", "dns error")


@dataclass
class Dbt:
    """Runs dbt.

    Attributes:
        core: Version of dbt-core.
        engine: duckdb or postgres.
        folder: What it keeps lies there, profiles too.
    """

    core: str
    engine: str
    folder: Path

    def profile(self, **output: Any) -> None:
        """Write the profile `buildkite`, whose schema is `dbt`."""
        target = {"type": self.engine, "schema": "dbt", "threads": 1, **output}
        profile = {"buildkite": {"target": "test", "outputs": {"test": target}}}
        (self.folder / "profiles.yml").write_text(json.dumps(profile))

    def __call__(self, project: Path, command: str, *arguments: str) -> Outcome:
        """Run a command of dbt on a project to its end, whatever that is."""
        if not shutil.which("uv"):
            pytest.skip("uv is not installed: pip install uv")
        packages = (
            f"dbt-core=={self.core}",
            ADAPTERS[self.engine],
            # Of one version with what has made the file.
            f"duckdb=={version('duckdb')}",
        )
        uv = ["uv", "run", "--quiet", "--no-project", "--isolated", "--exclude-newer", TRIED]
        for package in packages:
            uv += ["--with", package]
        places = ("--project-dir", str(project), "--profiles-dir", str(self.folder))
        settings = {
            "UV_CACHE_DIR": uv_cache(),
            "DO_NOT_TRACK": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
            "HOME": str(self.folder),
            "NO_PROXY": "127.0.0.1,localhost",
        }
        outcome = run(
            *uv,
            *("dbt", *command.split(), *arguments, *places),
            cwd=self.folder,
            env=environment(self.folder, **settings),
            timeout=900,
        )
        if outcome.code and any(sign in outcome.err for sign in _NO_INDEX):
            pytest.skip(f"The package index cannot be reached for dbt: {outcome.err[:200]}")
        return outcome

    def succeeds(self, project: Path, command: str, *arguments: str) -> str:
        """Run a command that must succeed, without a warning, and return what it says."""
        outcome = self(project, command, *arguments)
        assert outcome.code == 0, outcome.text[-5000:]
        said = outcome.text.replace("WARN=0", "").lower()
        assert "warn" not in said, outcome.text
        return outcome.text


@lru_cache
def uv_cache() -> str:
    """Return the folder of what uv keeps, which is not to follow the home of a test."""
    return run("uv", "cache", "dir", cwd=REPOSITORY, env=dict(os.environ)).out.strip()
