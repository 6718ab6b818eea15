"""The log of a job at an instant: made from the job alone, read from any offset, never held."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from buildkite_simulator.instants import HOUR
from buildkite_simulator.world.log_lines import (
    Piece,
    Writer,
    mark,
    write_ending,
    write_preparation,
    write_work,
)
from buildkite_simulator.world.model import Job

_PREPARED = 0.08
_FILLED = 0.6
_BLOCK_LINES = 64
_BLOCKS_A_READ = 32
_TIME, _NUMBER = b"@" * 13, b"#" * 9
_NANOSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class PlantedLog:
    """A log with a content of its own, or padded to a size; neither: a deleted log."""

    content: bytes | None = None
    size: int | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether the log was deleted."""
        return self.content is None and self.size is None


@dataclass(frozen=True, slots=True)
class _Filler:
    """Equal blocks of lines, spread evenly over a stretch of time."""

    template: bytes
    count: int
    planned: int
    begin: int
    length: int

    @property
    def size(self) -> int:
        return self.count * len(self.template)

    def blocks(self, start: int) -> Iterator[bytes]:
        first, skipped = divmod(start, len(self.template))
        for number in range(first, self.count, _BLOCKS_A_READ):
            last = min(self.count, number + _BLOCKS_A_READ)
            data = b"".join(map(self._block, range(number, last)))
            yield data[skipped:]
            skipped = 0

    def _block(self, number: int) -> bytes:
        at = self.begin + number * self.length // self.planned
        return self.template.replace(_TIME, b"%013d" % at).replace(_NUMBER, b"%09d" % number)


@dataclass(frozen=True, slots=True)
class JobLog:
    """A log as it was at an instant."""

    head: bytes
    filler: _Filler | None
    tail: bytes
    header_times: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.head) + len(self.tail) + (self.filler.size if self.filler else 0)

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Yield its bytes from an offset on."""
        if start < len(self.head):
            yield self.head[start:]
        start = max(0, start - len(self.head))
        if self.filler is not None:
            if start < self.filler.size:
                yield from self.filler.blocks(start)
            start = max(0, start - self.filler.size)
        if start < len(self.tail):
            yield self.tail[start:]

    def whole(self) -> bytes:
        """Return all of it at once."""
        return b"".join(self.read())


def log_of(
    job: Job, at: int, seed: int, planted: PlantedLog | None = None, least_size: int = 0
) -> JobLog | None:
    """Return the log of a job at an instant, or None if it has none (yet).

    What has been printed stays, whatever becomes of the job: a log only grows.
    """
    if job.type != "script" or (planted is not None and planted.is_deleted):
        return None
    if planted is not None and planted.content is not None:
        return JobLog(planted.content, None, b"")
    if job.started is None or job.started > at:
        return None
    if planted is not None and planted.size is not None:
        least_size = planted.size
    return _written(job, job.started, at, seed, least_size)


def _written(job: Job, started: int, at: int, seed: int, least_size: int) -> JobLog:
    queue = job.build.pipeline.organization.queues[job.chain.step.queue]
    marks, rng = not queue.plain_logs, Random(f"{seed}/{job.id}/log")
    length = job.fate.run or HOUR
    prepared = started + int(length * _PREPARED)
    filled = started + int(length * _FILLED) if least_size else prepared
    first = Writer(started, prepared, marks=marks)
    write_preparation(first, job, rng)
    second = Writer(filled, started + length, marks=marks)
    write_work(second, job, rng)
    until = at if job.finished is None else min(at, job.finished)
    ended = job.finished is not None and job.finished <= at
    ending = write_ending(until, job, marks=marks) if ended else []
    head = [piece for piece in first.pieces if piece.at <= until]
    tail = [piece for piece in second.pieces if piece.at <= until] + ending
    filler = None
    if least_size:
        known = sum(len(piece.data) for piece in first.pieces + second.pieces)
        filler = _fill(least_size - known, prepared, filled, until, marks=marks)
    return JobLog(
        head=_joined(head),
        filler=filler,
        tail=_joined(tail),
        header_times=() if marks else _header_times(head + tail),
    )


def _fill(missing: int, begin: int, end: int, until: int, *, marks: bool) -> _Filler | None:
    template = _template(marks)
    planned, length = -(-missing // len(template)), max(1, end - begin)
    if planned <= 0:
        return None
    elapsed = until - begin
    count = 0 if elapsed < 0 else min(planned, ((elapsed + 1) * planned - 1) // length + 1)
    return _Filler(template, count, planned, begin, length)


def _template(marks: bool) -> bytes:
    opening = mark(0).replace(b"0", _TIME) if marks else b""
    return b"".join(
        opening + b"%s.%02d \x1b[2mcopying build/out/module-%02d.o\x1b[0m\r\r\n" % (_NUMBER, n, n)
        for n in range(_BLOCK_LINES)
    )


def _joined(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def _header_times(pieces: list[Piece]) -> tuple[int, ...]:
    return tuple(piece.at * _NANOSECONDS for piece in pieces if piece.header)
