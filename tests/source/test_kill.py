from pathlib import Path

from .kills import Killer


def test_one_more_run_repairs_what_kills_left(workspace: Path) -> None:
    killer = Killer(workspace, seed=5)
    with killer.simulator:
        for _ in range(3):
            killer.kill(longest=2.5)
            killer.move()
        assert killer.check()[:5] == []
