r"""Writes what an agent and a program print, in the byte format of Buildkite's logs.

A piece is what is printed at one moment: most often a line, for progress only part of one. The
agent's own lines end in `\r\n`, a program's in `\r\r\n`; every line starts with a timestamp mark,
and so does what follows an erase-in-line sequence or a silence of more than a second.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from buildkite_simulator.instants import SECOND
from buildkite_simulator.world.annotations import TESTS
from buildkite_simulator.world.model import Job

AGENT_END, PROGRAM_END = b"\r\n", b"\r\r\n"
_MOST_LINES = 400
_LINES_A_MINUTE = 14
_GREEN, _RED, _GREY, _PLAIN = b"\x1b[32m", b"\x1b[31m", b"\x1b[90m", b"\x1b[0m"
_FILES = ("src/cart.ts", "src/login.ts", "src/search/index.ts", "src/übersicht.ts", "lib/a.py")
_VERBS = ("compiled", "checked", "bundled", "linked", "cached")


class Piece(NamedTuple):
    """Bytes, and when they were printed; `header` tells whether they open a group."""

    at: int
    data: bytes
    header: bool = False


def mark(at: int) -> bytes:
    """Return the timestamp mark of an instant."""
    return b"\x1b_bk;t=%d\x07" % at


class Writer:
    """Prints pieces one after the other over a stretch of time."""

    def __init__(self, begin: int, end: int, *, marks: bool) -> None:
        self.pieces: list[Piece] = []
        self._begin, self._length, self._marks = begin, max(1, end - begin), marks

    def line(self, when: float, text: bytes, end: bytes = PROGRAM_END) -> None:
        """Print a line at a fraction of the time."""
        at = self._at(when)
        header = text.startswith((b"--- ", b"+++ ", b"~~~ "))
        self.pieces.append(Piece(at, self._mark(at) + text + end, header))

    def command(self, when: float, command: str) -> None:
        """Print a command as the agent echoes it."""
        self.line(when, _GREY + b"$" + _PLAIN + b" " + command.encode(), AGENT_END)

    def erasing_progress(self, begin: float, end: float, texts: Sequence[bytes]) -> None:
        """Print one line many times over, erasing its end: each time the agent sets a mark."""
        for position, text in enumerate(texts):
            at = self._at(begin + (end - begin) * position / len(texts))
            opening = self._mark(at) if position == 0 else b"\r"
            self.pieces.append(Piece(at, opening + text + b"\x1b[K" + self._mark(at)))
        at = self._at(end)
        self.pieces.append(Piece(at, PROGRAM_END))

    def bare_progress(self, begin: float, end: float, texts: Sequence[bytes]) -> None:
        """Print one line many times over with carriage returns alone."""
        last = None
        for position, text in enumerate(texts):
            at = self._at(begin + (end - begin) * position / len(texts))
            due = last is None or at - last > SECOND
            last = at if due else last
            opening = (b"\r" if position else b"") + (self._mark(at) if due else b"")
            self.pieces.append(Piece(at, opening + text))
        self.pieces.append(Piece(self._at(end), AGENT_END))

    def raw(self, when: float, data: bytes) -> None:
        """Print bytes just as they are."""
        self.pieces.append(Piece(self._at(when), data))

    def _at(self, when: float) -> int:
        return self._begin + int(self._length * when)

    def _mark(self, at: int) -> bytes:
        return mark(at) if self._marks else b""


def write_preparation(out: Writer, job: Job, rng: Random) -> None:
    """Print what the agent does before the command."""
    build = job.build
    agent = job.agent.name if job.agent else "agent-1"
    subject = (build.message or "").partition("\n")[0]
    out.line(0, b"~~~ Preparing working directory", AGENT_END)
    out.command(0.02, f"cd /var/lib/buildkite-agent/builds/{agent}/checkout")
    out.command(0.05, f"git clone -v -- {build.pipeline.repository} .")
    objects = rng.randint(300, 9_000)
    counts = [b"remote: Counting objects: %3d%%" % percent for percent in (1, 20, 60, 100)]
    counts[-1] += b" (%d/%d), done." % (objects, objects)
    out.erasing_progress(0.1, 0.4, counts)
    out.bare_progress(0.4, 0.7, [b"Receiving objects: %3d%%" % each for each in (3, 37, 71, 100)])
    out.command(0.75, f"git checkout -f {build.commit}")
    out.line(0.8, f"HEAD is now at {build.commit[:7]} {subject}".encode(), AGENT_END)
    out.line(0.9, b"~~~ Running commands", AGENT_END)
    out.command(0.92, job.chain.step.command or "true")
    out.line(0.95, b"export API_TOKEN=[REDACTED]")


def write_work(out: Writer, job: Job, rng: Random) -> None:
    """Print what the command does, as far as it gets."""
    step = job.chain.step
    out.line(0, b"--- :package: Install")
    out.bare_progress(0.01, 0.08, [b"fetch: %3d%%" % each for each in range(0, 101, 20)])
    count = min(_MOST_LINES, 6 + int(step.minutes * _LINES_A_MINUTE))
    out.line(0.09, b"--- " + (step.label or "Work").encode())
    for number in range(count):
        out.line(0.1 + 0.7 * number / count, _work_line(number, rng))
    if step.artifact_paths:
        out.line(0.82, b"\x1b]1339;url='artifact://report.html';content='Report'\x07")
        out.line(0.83, b"\x1b]1338;url=artifact://screenshots/one.png;alt=One\x07")
    out.line(0.85, b"+++ :test_tube: Results" if step.key in TESTS else b"+++ Results")
    if job.fate.result == "failed":
        _write_failure(out, rng)
    else:
        out.line(0.97, _GREEN + b"ok" + _PLAIN + b" %d checks \xe2\x9c\x93" % count)


def write_ending(at: int, job: Job, *, marks: bool) -> list[Piece]:
    """Return what the agent prints when the command is over."""
    out, result = Writer(at, at + 1, marks=marks), job.result
    if result in ("canceled", "timed_out"):
        out.line(0, b"# Received cancellation signal, interrupting", AGENT_END)
    if result == "failed" and (job.fate.exit_status or 0) > 0:
        status = b"%d" % (job.fate.exit_status or 0)
        out.line(0, _RED + b"Error: The command exited with status " + status + _PLAIN, AGENT_END)
        out.line(0, b"^^^ +++", AGENT_END)
        out.line(0, b"user command error: exit status " + status, AGENT_END)
    return out.pieces


def _work_line(number: int, rng: Random) -> bytes:
    name = rng.choice(_FILES).encode()
    if rng.random() < 0.03:
        return b"  warning: \x1b[33mdeprecated\x1b[0m \x1b[1mAPI\x1b[22m in " + name
    return b"  %s %s (%d ms)" % (rng.choice(_VERBS).encode(), name, number + rng.randint(1, 400))


def _write_failure(out: Writer, rng: Random) -> None:
    """Print a failure as test runners do: with a diff, whose head looks like groups."""
    name = rng.choice(_FILES).encode()
    out.line(0.9, _RED + b"FAIL" + _PLAIN + b" " + name)
    out.line(0.91, b"--- a/" + name)
    out.line(0.91, b"+++ b/" + name)
    out.line(0.92, b"-expected %d" % rng.randint(1, 99))
    out.line(0.92, b"+received %d" % rng.randint(100, 199))
    if rng.random() < 0.2:
        out.line(0.93, b"caf\xe9 is not UTF-8")
    if rng.random() < 0.1:
        out.raw(0.94, b"\x1b_bk;t=later\x07a mark that is no number\r\n")
        out.raw(0.94, b"\x1b_bk;t=17000000 and one without an end\r\n")
