"""Charts keep the order of their rows, whatever a row lacks."""

import json
import subprocess

from tests.cli.running import PROGRAMS, REPOSITORY

DRAW = """
import json
import pandas as pd
from shared import charts
rows = pd.DataFrame(
    {"name": ["new", "old"], "n": [3, 3], "value": [2.0, 1.0], "previous_value": [None, 3.0]}
)
chart = charts.ranked(rows, "value", title="t", unit="u")
print(json.dumps(chart.spec))
"""


def test_a_row_without_a_window_before_keeps_its_place() -> None:
    shown = subprocess.run(
        [PROGRAMS / "python", "-c", DRAW],
        cwd=REPOSITORY / "notebooks",
        capture_output=True,
        text=True,
        check=True,
    )
    spec = json.loads(shown.stdout)
    axes = [
        part["encoding"]["y"]["sort"] for part in _parts(spec) if "y" in part.get("encoding", {})
    ]
    assert axes == [["new", "old"]]


def _parts(spec: object) -> list[dict]:
    if isinstance(spec, dict):
        return [spec, *(part for value in spec.values() for part in _parts(value))]
    if isinstance(spec, list):
        return [part for value in spec for part in _parts(value)]
    return []
