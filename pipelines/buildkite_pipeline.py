"""Load Buildkite into DuckDB or any other dlt destination: `python buildkite_pipeline.py`."""

import sys
from pathlib import Path

# Started as a file: the package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from buildkite_source.cli import main

if __name__ == "__main__":
    sys.exit(main())
