"""Answers that are not what was asked for."""

from typing import Any

import orjson
from starlette.responses import Response

UNAUTHENTICATED = (
    "Authentication required. Please supply a valid API Access Token: "
    "https://buildkite.com/docs/apis/rest-api#authentication"
)
TOO_DEEP = (
    "Listing builds this deep is not supported. "
    "Please narrow your query using filters such as branch or created_from."
)


class ApiError(Exception):
    """An error status with its JSON body."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.payload = {"message": message, **more}


def invalid(field: str) -> ApiError:
    """Return the 422 for a field that cannot be understood."""
    return ApiError(422, "Validation Failed", errors=[{"field": field, "code": "invalid"}])


def json_response(payload: Any, status: int = 200) -> Response:
    """Return a JSON response; bytes are taken to be JSON already."""
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    return Response(body, status, media_type="application/json; charset=utf-8")
