"""One table alone, as a scheduler asks for it that was told to make one asset."""

import pytest

from .conftest import Loader
from .test_recovery import builds_and_jobs, move

_BUILD_LISTS = ("builds", "jobs", "slices", "missing_builds", "rejected")


@pytest.mark.parametrize(
    ("names", "most"),
    [
        (("organizations",), 1),
        (("pipelines",), 2),
        # new, open, finished; none is history
        (("builds",), 4),
        (("jobs",), 4),
        (("slices",), 1),
        (("missing_builds",), 1),
        (("rejected",), 1),
        (_BUILD_LISTS, 4),
    ],
)
def test_one_table_after_all_costs_no_history(
    loaded: Loader, names: tuple[str, ...], most: int
) -> None:
    loaded.load_only(*names)
    assert len(loaded.simulator.requests) <= most
    asked = [request.params for request in loaded.simulator.requests if "/builds" in request.path]
    assert all("created_from" in params for params in asked)


def test_all_after_one_table_alone_are_whole(loaded: Loader) -> None:
    """What one table alone has read, the others still read: each has a memory of its own."""
    move(loaded, 1)
    for name in ("builds", "slices", "missing_builds"):
        loaded.load_only(name)
    loaded.simulator.requests.clear()
    loaded.load()
    assert builds_and_jobs(loaded) == []
    assert all(row["pass"] != "history" for row in loaded.rows("slices")[1:] if row["pages"] > 1)
