"""Job logs in their three forms, and job environments."""

import codecs
import re
from collections.abc import Iterable, Iterator
from html import escape

import orjson
from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.api.streams import Blocks, StreamedResponse
from buildkite_simulator.world.environment import environment_of
from buildkite_simulator.world.logs import JobLog
from buildkite_simulator.world.model import Job

_HELD_AT_MOST = 1 << 20
_SUFFIX = re.compile(r"bytes=-(\d+)\Z")
_MARK = re.compile(r"\x1b_bk;t=\d+\x07")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\].*?(?:\x07|\x1b\\))")
_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json; charset=utf-8"


def get_log(call: Call) -> Response:
    """`GET …/jobs/{job}/log`: JSON, text or HTML, as `Accept` says."""
    accept = call.headers.get("accept", "")
    if "text/plain" in accept:
        return get_text_log(call)
    if "text/html" in accept:
        return get_html_log(call)
    log, job = _log(call), call.job
    url = f"{call.renderer.context.build_url(job.build)}/jobs/{job.id}/log"
    always = call.switches.log_header_times == "empty"
    return _answer(lambda: _as_json(url, log, with_times=always), log, _JSON)


def get_text_log(call: Call) -> Response:
    """`GET …/jobs/{job}/log.txt`: the raw bytes, or the last of them."""
    log = _log(call)
    if "range" in call.headers and call.method != "HEAD":
        return _tail(log, call.headers["range"])
    if call.switches.log_text_normalised:
        return _answer(lambda: (text.encode() for text in _decoded(log.read())), log, _TEXT)
    return _answer(log.read, log, _TEXT)


def get_html_log(call: Call) -> Response:
    """`GET …/jobs/{job}/log.html`."""
    log = _log(call)
    return _answer(lambda: _as_html(log), log, "text/html; charset=utf-8")


def delete_log(call: Call) -> Response:
    """`DELETE …/jobs/{job}/log`."""
    call.world.delete_log(_command_job(call))
    return Response(status_code=204)


def get_environment(call: Call) -> Response:
    """`GET …/jobs/{job}/env`."""
    return json_response({"env": environment_of(_command_job(call))})


def get_text_environment(call: Call) -> Response:
    """`GET …/jobs/{job}/env.txt`."""
    variables = environment_of(_command_job(call))
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    return Response(lines.encode(), media_type=_TEXT)


def head_log(call: Call) -> Response:
    """`HEAD …/jobs/{job}/log`: the size of the raw bytes, whatever the form."""
    headers = {"Content-Length": str(_log(call, ranges=False).size), "Accept-Ranges": "bytes"}
    return Response(status_code=200, headers=headers, media_type=_TEXT)


def _command_job(call: Call) -> Job:
    job = call.job
    if job.type != "script":
        raise ApiError(404, "No job found")
    return job


def _log(call: Call, *, ranges: bool = True) -> JobLog:
    job = _command_job(call)
    wants_text = "text/plain" in call.headers.get("accept", "")
    if ranges and "range" in call.headers and not wants_text:
        raise ApiError(400, "Range requests need Accept: text/plain")
    log = call.world.log(job, call.at)
    if log is None and call.world.log_is_deleted(job) and call.switches.deleted_log == "empty":
        return JobLog(b"", None, b"")
    if log is None:
        raise ApiError(404, "No log found")
    return log


def _tail(log: JobLog, wanted: str) -> Response:
    match = _SUFFIX.match(wanted)
    if match is None or int(match[1]) == 0:
        raise ApiError(400, "Only ranges of the form bytes=-N are supported")
    if log.size == 0:
        raise ApiError(416, "Range Not Satisfiable")
    start = max(0, log.size - int(match[1]))
    response = StreamedResponse(
        lambda: log.read(start), 206, media_type=_TEXT, size=log.size - start
    )
    response.headers["Content-Range"] = f"bytes {start}-{log.size - 1}/{log.size}"
    return response


def _answer(blocks: Blocks, log: JobLog, media_type: str) -> Response:
    if log.size <= _HELD_AT_MOST:
        return Response(b"".join(blocks()), media_type=media_type)
    return StreamedResponse(blocks, media_type=media_type)


def _decoded(blocks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for block in blocks:
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _as_json(url: str, log: JobLog, *, with_times: bool) -> Iterator[bytes]:
    yield b'{"url":' + orjson.dumps(url) + b',"content":"'
    for text in _decoded(log.read()):
        yield orjson.dumps(text)[1:-1]
    yield b'","size":%d' % log.size
    if log.header_times or with_times:
        yield b',"header_times":' + orjson.dumps(log.header_times)
    yield b"}"


def _as_html(log: JobLog) -> Iterator[bytes]:
    """Yield the lines escaped and stripped of marks and colours."""
    rest = ""
    for text in _decoded(log.read()):
        lines = (rest + text).split("\n")
        rest = lines.pop()
        yield "".join(_html_line(line) + "\n" for line in lines).encode()
    yield _html_line(rest).encode()


def _html_line(line: str) -> str:
    visible = _ANSI.sub("", _MARK.sub("", line)).rstrip("\r")
    return escape(visible.rpartition("\r")[2])
