"""ClickHouse's engine behind the two ports of a server: clickhouse_ports.py FOLDER NATIVE HTTP.

No package carries the server, but chdb has its engine, without a port. dlt sends what it asks by
the native protocol and what it loads by HTTP. Each of them is spoken as far as the clients do:
https://clickhouse.com/docs/native-protocol. All that is asked is answered by the engine.
"""

import re
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chdb.session import Session
from clickhouse_driver.block import ColumnOrientedBlock
from clickhouse_driver.bufferedreader import BufferedSocketReader, CompressedBufferedReader
from clickhouse_driver.bufferedwriter import BufferedSocketWriter
from clickhouse_driver.protocol import ClientPacketTypes, ServerPacketTypes
from clickhouse_driver.reader import read_binary_str, read_binary_uint8
from clickhouse_driver.streams.native import BlockInputStream, BlockOutputStream
from clickhouse_driver.varint import read_varint, write_varint
from clickhouse_driver.writer import write_binary_int32, write_binary_str, write_binary_uint8

_ADDRESS = "127.0.0.1"
# Of the protocol: settings are text from here on, and what came later is of no use here.
_REVISION = 54430
_BUFFER = 2**16
_CODE = re.compile(r"Code: (\d+)\.")
_UNKNOWN = 1002
_QUERY = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_INSERT = re.compile(rb"\s*INSERT INTO (?P<table>\S+)[^;]*? FORMAT (?P<form>\w+)\s*")


class Engine:
    """The engine; it does one thing after the other."""

    def __init__(self, folder: str) -> None:
        self._session = Session(folder)
        self._lock = Lock()

    def ask(self, sql: str, form: str) -> bytes:
        with self._lock:
            return bytes(self._session.query(sql, form).bytes() or b"")

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Return names and types of a table, or of a query in parentheses."""
        described = self.ask(f"DESCRIBE TABLE {table}", "TabSeparatedRaw").decode()
        return [(name, kind) for name, kind, *_ in map(_cells, described.splitlines())]

    def insert(self, table: str, form: str, rows: bytes) -> None:
        """Insert rows as the table's columns have them, which files do not say themselves."""
        parts = (f"`{name}` {kind}" for name, kind in self.columns(table))
        structure = ", ".join(parts).replace("'", "\\'")
        with tempfile.NamedTemporaryFile() as file:
            file.write(rows)
            file.flush()
            self.ask(
                f"INSERT INTO {table} SELECT * FROM file('{file.name}', {form}, '{structure}') "
                "SETTINGS date_time_input_format = 'best_effort'",
                "Null",
            )


def _cells(line: str) -> list[str]:
    return line.split("\t")


def code_of(error: Exception) -> int:
    found = _CODE.search(str(error))
    return int(found[1]) if found else _UNKNOWN


def context(revision: int) -> Any:
    """Return what the streams of the client's library go by."""
    server = SimpleNamespace(used_revision=revision, get_timezone=lambda: "UTC")
    server.session_timezone = None
    settings = {
        "use_numpy": False,
        "strings_as_bytes": False,
        "strings_encoding": "utf-8",
        "input_format_null_as_default": False,
        "namedtuple_as_json": True,
    }
    return SimpleNamespace(server_info=server, client_settings=settings, settings={})


def blocks_of(found: bytes) -> Iterator[ColumnOrientedBlock]:
    """Yield the blocks of an answer in the format Native; the first without rows, as servers do."""
    parts = [found]

    def more() -> bytes:
        if not parts:
            raise EOFError
        return parts.pop()

    stream = BlockInputStream(CompressedBufferedReader(more, len(found)), context(0))
    with suppress(EOFError):
        block = stream.read()
        names = block.columns_with_types
        yield ColumnOrientedBlock(names, [[] for _ in names])
        while True:
            yield ColumnOrientedBlock(names, [list(column) for column in block.get_columns()])
            block = stream.read()


class Native(BaseRequestHandler):
    """A connection by the native protocol."""

    def __init__(self, engine: Engine, *arguments: Any) -> None:
        self._engine = engine
        super().__init__(*arguments)

    def handle(self) -> None:
        self._in = BufferedSocketReader(self.request, _BUFFER)
        self._out = BufferedSocketWriter(self.request, _BUFFER)
        answers = {
            ClientPacketTypes.HELLO: self._hello,
            ClientPacketTypes.PING: lambda: write_varint(ServerPacketTypes.PONG, self._out),
            ClientPacketTypes.QUERY: self._query,
        }
        with suppress(EOFError, ConnectionError):
            while True:
                answers[read_varint(self._in)]()
                self._out.flush()

    def _read(self, kinds: str) -> None:
        """Read over texts (s), numbers (n) and bytes (b)."""
        by_kind = {"s": read_binary_str, "n": read_varint, "b": read_binary_uint8}
        for kind in kinds:
            by_kind[kind](self._in)

    def _hello(self) -> None:
        self._read("snnnsss")
        write_varint(ServerPacketTypes.HELLO, self._out)
        write_binary_str("ClickHouse", self._out)
        version = self._engine.ask("SELECT version()", "TabSeparated").decode().split(".")
        for number in (version[0], version[1], _REVISION):
            write_varint(int(number), self._out)
        write_binary_str("UTC", self._out)
        write_binary_str("chdb", self._out)
        write_varint(int(version[2]), self._out)

    def _query(self) -> None:
        # The query's id, and who asks.
        self._read("s" + "bsss" + "bsssnnn" + "sn")
        # Settings end with an empty name; the engine's own do.
        while read_binary_str(self._in):
            self._read("ns")
        # How far it is to go; nothing is compressed.
        self._read("nn")
        sql = read_binary_str(self._in)
        # Tables that come along: one block without a row ends them.
        self._read("ns")
        BlockInputStream(self._in, context(_REVISION)).read()
        try:
            found = self._engine.ask(sql, "Native")
        # chdb has no error of its own.
        except Exception as error:
            self._refuse(error)
        else:
            stream = BlockOutputStream(self._out, context(_REVISION))
            for block in blocks_of(found) if found else self._empty(sql):
                write_varint(ServerPacketTypes.DATA, self._out)
                write_binary_str("", self._out)
                stream.write(block)
            write_varint(ServerPacketTypes.END_OF_STREAM, self._out)

    def _empty(self, sql: str) -> Iterator[ColumnOrientedBlock]:
        """Yield what servers say of a query without rows, and chdb does not: its columns."""
        if _QUERY.match(sql):
            names = self._engine.columns(f"({sql})")
            yield ColumnOrientedBlock(names, [[] for _ in names])

    def _refuse(self, error: Exception) -> None:
        write_varint(ServerPacketTypes.EXCEPTION, self._out)
        write_binary_int32(code_of(error), self._out)
        for text in ("DB::Exception", str(error), ""):
            write_binary_str(text, self._out)
        write_binary_uint8(0, self._out)


class Http(BaseHTTPRequestHandler):
    """A request by HTTP: a query, or rows to insert."""

    protocol_version = "HTTP/1.1"

    def __init__(self, engine: Engine, *arguments: Any) -> None:
        self._engine = engine
        super().__init__(*arguments)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        told = parse_qs(urlsplit(self.path).query).get("query", [""])[0].encode()
        status, headers = 200, {"X-ClickHouse-Summary": "{}", "X-ClickHouse-Timezone": "UTC"}
        try:
            found = self._answer(told + b"\n" * bool(told) + self._body())
        # chdb has no error of its own.
        except Exception as error:
            status, found = 500, str(error).encode()
            headers["X-ClickHouse-Exception-Code"] = str(code_of(error))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(found))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(found)

    do_GET = do_POST  # noqa: N815 - the library's name

    def _answer(self, asked: bytes) -> bytes:
        if insert := _INSERT.match(asked):
            table, form = (insert[part].decode() for part in ("table", "form"))
            self._engine.insert(table, form, asked[insert.end() :])
            return b""
        return self._engine.ask(asked.decode(), "TabSeparated")

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # "auto" and "none" are what dlt says of Parquet: nothing is to be unpacked.
        packed = self.headers.get("Content-Encoding") in ("gz", "gzip")
        return zlib.decompress(body, zlib.MAX_WBITS | 32) if packed else body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()


def main(folder: str, native: str, http: str) -> None:
    engine = Engine(folder)
    server = ThreadingTCPServer((_ADDRESS, int(native)), partial(Native, engine))
    Thread(target=server.serve_forever, daemon=True).start()
    ThreadingHTTPServer((_ADDRESS, int(http)), partial(Http, engine)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
