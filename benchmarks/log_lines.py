"""A job log as agents write it: invented, seeded, in the true byte format."""

import random
from collections.abc import Iterator

_START = 1785556800000
_TEXT = (
    "adapter asset branch bundle cache client config container context controller core dispatch "
    "event fixture handler image index layer loader metrics migration model module node parser "
    "pipeline plugin queue record registry render resolver route runner schema server session "
    "shard signal snapshot store stream target token transport vendor view worker"
)
_WORDS = _TEXT.split()
# Most lines of the sample log end so: the program wrote CRLF under a terminal.
_ENDS = (b"\r\r\n",) * 6 + (b"\r\n",)


def log_lines(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield so many lines, each with its line end; about 100 bytes a line.

    One line in 250 opens a group, one in 60 is a progress display of several updates with a
    mark after each, one in five has colours, one in thirty holds characters beyond ASCII.
    """
    source = random.Random(seed)
    now = _START
    for number in range(count):
        now += source.randrange(40)
        mark = b"\x1b_bk;t=%d\x07" % now
        yield mark + _body(source, number, mark) + source.choice(_ENDS)


def _body(source: random.Random, number: int, mark: bytes) -> bytes:
    if number % 250 == 0:
        return f"--- :{source.choice(_WORDS)}: {_path(source)}".encode()
    if number % 60 == 7:
        steps = [f"Receiving objects: {done}% ({done * 7}/700)" for done in range(20, 101, 20)]
        return (b"\x1b[K" + mark + b"\r").join(step.encode() for step in steps) + b"\x1b[K" + mark
    return _line(source, source.random()).encode()


def _line(source: random.Random, chance: float) -> str:
    if chance < 0.08:
        return f"\x1b[90m$\x1b[0m make {_path(source)}"
    if chance < 0.15:
        time = f"\x1b[1m{source.random() * 9:.3f} s\x1b[0m"
        return f"\x1b[32mPASS\x1b[0m {_path(source)}.test.ts ({time})"
    if chance < 0.18:
        return f"  \u2713 {' '.join(source.choices(_WORDS, k=5))} ({source.randrange(97)} ms)"
    if chance < 0.22:
        place = f"{_path(source)}.c:{source.randrange(900)}"
        return f"\x1b[33mwarning\x1b[0m: {place}: unused '{source.choice(_WORDS)}'"
    if chance < 0.6:
        sizes = source.randrange(1000), source.randrange(90_000)
        return f"[{sizes[0]}/1000] Compiling {_path(source)}.o ({sizes[1]} bytes)"
    words = " ".join(source.choices(_WORDS, k=source.randrange(4, 14)))
    return f"{source.choice(_WORDS)}: {words} id={source.getrandbits(32):08x}"


def _path(source: random.Random) -> str:
    return "/".join(["src", *source.choices(_WORDS, k=3)])
