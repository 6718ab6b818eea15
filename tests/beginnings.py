"""Loads that many tests begin with: a worker makes each once, and every test has a copy."""

import json
import os
import shutil
from collections.abc import Callable, Hashable
from pathlib import Path

from buildkite_simulator import Clock, RecordedRequest, Simulator, WorldConfig

# Below those that the system gives to whoever asks for any.
_FIRST_PORT = 21_000
_SETTINGS = ("SOURCES__", "DESTINATION__")


def serve(config: WorldConfig, clock: Clock) -> Simulator:
    """Make a world whose address stays the same within a worker: rows hold it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    try:
        return Simulator(config, clock=clock, port=_FIRST_PORT + int(worker))
    except OSError:
        # Other tests run on this machine. Nothing is shared then.
        return Simulator(config, clock=clock)


class Beginnings:
    """What loads left behind, by what they depend on.

    Args:
        folder: Where it is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Hashable, tuple[Path, Path, list[RecordedRequest]]] = {}

    def begin(
        self, simulator: Simulator, folder: Path, name: Hashable, make: Callable[[], object]
    ) -> None:
        """Let a folder hold what `make` leaves there, and the simulator the requests it sent.

        What `make` does may depend on the name, the world as it was made, its time and dlt's
        settings in the environment, and on nothing else.
        """
        world = simulator.world
        settings = [
            pair
            for pair in sorted(os.environ.items())
            if pair[0].startswith(_SETTINGS) and pair[1] != simulator.token
        ]
        key = (name, world.config, world.clock.now(), simulator.base_url, *settings)
        if key in self._known:
            kept, made_in, requests = self._known[key]
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            _move(folder, made_in)
            simulator.requests[:] = requests
            return
        simulator.requests.clear()
        make()
        kept = self._folder / str(len(self._known))
        shutil.copytree(folder, kept)
        self._known[key] = kept, folder, list(simulator.requests)


def _move(folder: Path, made_in: Path) -> None:
    """Let dlt find files in `folder`: it remembers where it ran first."""
    for state in folder.glob("dlt/pipelines/*/state.json"):
        old, new = json.dumps(str(made_in)), json.dumps(str(folder))
        state.write_text(state.read_text().replace(old, new))
