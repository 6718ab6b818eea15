"""Charts keep the order of their rows, whatever a row lacks."""

import pandas as pd

from notebooks.shared import charts


def test_a_row_without_a_window_before_keeps_its_place() -> None:
    rows = pd.DataFrame(
        {"name": ["new", "old"], "n": [3, 3], "value": [2.0, 1.0], "previous_value": [None, 3.0]}
    )
    spec = charts.ranked(rows, "value", title="t", unit="u").spec
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
