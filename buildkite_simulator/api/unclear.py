"""Lists of which no source says whether they are paged."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import json_response

T = TypeVar("T")


def unclear_page(call: Call, rows: Sequence[T], render: Callable[[T], Any]) -> Response:
    """Return a page, or, by switch, everything whatever page was asked for."""
    if call.switches.unclear_paging == "numbered":
        return call.page(rows, render)
    return json_response([render(row) for row in rows])
