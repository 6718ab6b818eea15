"""Files of build exports for benchmarks, in any number: those of a world, and copies of them.

To make a world takes longer than to read its exports, and more of one is of the same kind.
"""

import re
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from buildkite_simulator import ManualClock, WorldConfig, make_world

from .report import progress

NOW = datetime(2026, 9, 16, 14, 0, tzinfo=UTC)
_A_DAY, _WORLD = 250, 4_000
# Ids tell when they were made, to the millisecond (UUID version 7).
_ID = re.compile(rb"([0-9a-f]{8})-([0-9a-f]{4})(?=-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})")
_DATE = re.compile(r"(?<=date=)[^/]+")


def write(folder: Path, builds: int) -> tuple[int, int]:
    """Write build exports into a folder; return how many objects there are, and their bytes.

    Beyond 4,000 builds it is a world of 4,000 and what it would have left before, without logs.
    """
    own = min(builds, _WORLD)
    progress(f"making {own:,} builds")
    days = -(-own // _A_DAY)
    config = WorldConfig(days=days, builds_per_day=own / days, jobs_per_build=10, pipelines=20)
    world = make_world(config.but(end=NOW, keeps_moving=False), ManualClock(NOW))
    world.export(folder, NOW + timedelta(days=1))
    if builds > own:
        for log in list(folder.rglob("*.log")):
            log.unlink()
        _copy(folder, days, -(-builds // own))
    sizes = [file.stat().st_size for file in _files(folder)]
    return len(sizes), sum(sizes)


def _copy(folder: Path, days: int, times: int) -> None:
    """Write a world's files again and again, each time as many days earlier, to `times` in all."""
    names = [str(file.relative_to(folder)) for file in _files(folder)]
    parts = [names[first::50] for first in range(50)]
    with ProcessPoolExecutor() as pool:
        done = pool.map(partial(_copy_files, folder, days, times), parts)
        for number, _ in enumerate(done, 1):
            progress(f"copied {number / len(parts):.0%} of the files {times - 1} times")


def _copy_files(folder: Path, days: int, times: int, names: list[str]) -> None:
    for name in names:
        content = zlib.decompress((folder / name).read_bytes(), zlib.MAX_WBITS | 16)
        for number in range(1, times):
            earlier = timedelta(days=days * number)
            file = folder / _DATE.sub(
                lambda found, by=earlier: str(date.fromisoformat(found[0]) - by),
                _moved(name.encode(), days, earlier).decode(),
            )
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_packed(_moved(content, days, earlier)))


def _moved(text: bytes, days: int, earlier: timedelta) -> bytes:
    """Return a text in which what was made in the days of the world was made earlier."""
    since = int((NOW - timedelta(days=days + 1)).timestamp() * 1_000)
    by = int(earlier.total_seconds() * 1_000)

    def move(found: re.Match[bytes]) -> bytes:
        made = int(found[1] + found[2], 16)
        digits = b"%012x" % (made - by if made > since else made)
        return digits[:8] + b"-" + digits[8:]

    return _ID.sub(move, text)


def _packed(content: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    return packer.compress(content) + packer.flush()


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())
