"""The bytes of artifacts, made anew from a seed whenever they are wanted."""

import gzip
import struct
import zlib
from collections.abc import Callable
from html import escape
from random import Random

_TESTS = ("adds", "removes", "keeps", "rejects", "escapes", "sorts", "retries", "times out")


def junit(rng: Random) -> bytes:
    """Return a test report in JUnit's format."""
    cases = "\n".join(
        f'  <testcase classname="suite.{rng.choice("abcdef")}" name="{rng.choice(_TESTS)} {n}"'
        f' time="{rng.uniform(0, 3):.3f}"/>'
        for n in range(rng.randint(5, 60))
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite>\n{cases}\n</testsuite>\n'.encode()


def lcov(rng: Random) -> bytes:
    """Return line coverage."""
    lines = "\n".join(f"DA:{n},{rng.randint(0, 9)}" for n in range(1, rng.randint(20, 200)))
    return f"TN:\nSF:src/index.ts\n{lines}\nend_of_record\n".encode()


def page(rng: Random) -> bytes:
    """Return an HTML report."""
    rows = "".join(f"<li>{escape(rng.choice(_TESTS))} é</li>" for _ in range(rng.randint(3, 40)))
    return f"<!doctype html><title>Report</title><ul>{rows}</ul>\n".encode()


def picture(rng: Random) -> bytes:
    """Return a PNG of one colour."""
    width, height, colour = rng.randint(8, 64), rng.randint(8, 64), rng.randbytes(3)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress((b"\0" + colour * width) * height)
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def package(rng: Random) -> bytes:
    """Return something compressed."""
    return gzip.compress(rng.randbytes(rng.randint(200, 4_000)), mtime=0)


def digest(rng: Random) -> bytes:
    """Return the digest of an image."""
    return f"sha256:{rng.randbytes(32).hex()}\n".encode()


CONTENTS: dict[str, tuple[Callable[[Random], bytes], str]] = {
    "xml": (junit, "application/xml"),
    "info": (lcov, "application/octet-stream"),
    "html": (page, "text/html"),
    "png": (picture, "image/png"),
    "gz": (package, "application/gzip"),
    "txt": (digest, "text/plain"),
}


def made_of(path: str, rng: Random) -> bytes:
    """Return the bytes of a natural artifact by its file's ending."""
    return CONTENTS.get(path.rpartition(".")[2], (digest, ""))[0](rng)


def mime_type(path: str) -> str:
    """Return the MIME type Buildkite would guess from a path."""
    return CONTENTS.get(path.rpartition(".")[2], (digest, "application/octet-stream"))[1]
