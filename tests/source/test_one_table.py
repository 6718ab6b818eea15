"""One table alone, as a scheduler asks for it that was told to make one asset."""

import pytest

from .conftest import Loader, asks_history
from .test_recovery import builds_and_jobs, move

_BUILD_LISTS = ("builds", "jobs", "slices", "missing_builds", "rejected")


@pytest.mark.parametrize(
    ("names", "requests"),
    [
        (("organizations",), 1),
        pytest.param(("pipelines",), 2, marks=pytest.mark.slow),
        # new, open, finished; none is history
        (("builds",), 4),
        pytest.param(("jobs",), 4, marks=pytest.mark.slow),
        pytest.param(("slices",), 1, marks=pytest.mark.slow),
        pytest.param(("missing_builds",), 1, marks=pytest.mark.slow),
        pytest.param(("rejected",), 1, marks=pytest.mark.slow),
        pytest.param(_BUILD_LISTS, 4, marks=pytest.mark.slow),
        # All of them: as test_load, too.
        pytest.param(("organizations", "pipelines", *_BUILD_LISTS), 5, marks=pytest.mark.slow),
    ],
)
def test_one_table_after_all_costs_no_history(
    loaded: Loader, names: tuple[str, ...], requests: int
) -> None:
    loaded.load_only(*names)
    assert len(loaded.simulator.requests) == requests
    assert not any(map(asks_history, loaded.simulator.requests))


@pytest.mark.slow
def test_all_after_one_table_alone_are_whole(loaded: Loader) -> None:
    """What one table alone has read, the others still read: each has a memory of its own."""
    move(loaded, 1)
    for name in ("builds", "slices", "missing_builds"):
        loaded.load_only(name)
    loaded.simulator.requests.clear()
    # It would read the last days again, all of this world.
    loaded.load(recheck_days=0)
    assert not any(map(asks_history, loaded.simulator.requests))
    assert builds_and_jobs(loaded) == []
