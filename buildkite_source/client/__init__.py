"""One HTTP session for one Buildkite token; knows requests and JSON, nothing of tables."""

from .budget import RequestBudget
from .clock import Clock, SystemClock
from .errors import (
    ApiError,
    AuthenticationError,
    BuildkiteError,
    ForbiddenError,
    ForeignHostError,
    MissingTokenError,
    NotFoundError,
    RateLimitedError,
    TooDeepError,
    UnexpectedBodyError,
    UnknownSlugError,
    UnreachableError,
    needs_scope,
    raise_for_error,
)
from .events import Event, PageFetched, UnknownFields, Waiting
from .items import RawItem
from .session import BuildkiteSession, Retries

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BuildkiteError",
    "BuildkiteSession",
    "Clock",
    "Event",
    "ForbiddenError",
    "ForeignHostError",
    "MissingTokenError",
    "NotFoundError",
    "PageFetched",
    "RateLimitedError",
    "RawItem",
    "RequestBudget",
    "Retries",
    "SystemClock",
    "TooDeepError",
    "UnexpectedBodyError",
    "UnknownFields",
    "UnknownSlugError",
    "UnreachableError",
    "Waiting",
    "needs_scope",
    "raise_for_error",
]
