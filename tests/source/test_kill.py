from pathlib import Path

import pytest

from .kills import Killer


@pytest.mark.parametrize(("seed", "kills"), [(5, 1), pytest.param(6, 5, marks=pytest.mark.slow)])
def test_one_more_run_repairs_what_kills_left(workspace: Path, seed: int, kills: int) -> None:
    killer = Killer(workspace, seed)
    with killer.simulator:
        for _ in range(kills):
            killer.kill(longest=2.5)
            killer.move()
        assert killer.check()[:5] == []
