"""The command `backfill`: history in parts of 25 pages, each a load of its own, into DuckDB."""

import os
import sys
from pathlib import Path


def main(base_url: str, directory: Path) -> None:
    """Load builds and jobs by the command line."""
    settings = directory / ".dlt"
    settings.mkdir()
    (settings / "config.toml").touch()
    os.environ["SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN"] = "token"
    os.environ["SOURCES__BUILDKITE_SOURCE__BASE_URL"] = base_url

    # The command looks for its settings before it imports dlt.
    from buildkite_source.cli import main as cli

    code = cli(["backfill", "--since", "30d", "--quiet"])
    (directory / "buildkite_pipeline.duckdb").rename(directory / "data.duckdb")
    raise SystemExit(code)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
