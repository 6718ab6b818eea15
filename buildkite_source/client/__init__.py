"""One HTTP session for one Buildkite token; knows requests and JSON, nothing of tables."""

from .budget import RequestBudget
from .clock import Clock, SystemClock
from .credentials import Credential, LateCredential, SignedToken, credential_of
from .errors import (
    ApiError,
    AuthenticationError,
    BadKeyError,
    BuildkiteError,
    ForbiddenError,
    ForeignHostError,
    MissingTokenError,
    NeedsScope,
    NotFoundError,
    RateLimitedError,
    StoppedError,
    TooDeepError,
    UnexpectedBodyError,
    UnknownSlugError,
    UnreachableError,
    raise_for_error,
)
from .events import (
    DetailsBegun,
    DetailsRead,
    Event,
    FileAsked,
    GraphqlUsed,
    HintsRead,
    ListRead,
    PageFetched,
    RowRejected,
    Skipped,
    StateReplaced,
    Stopping,
    UnknownFields,
    Waiting,
)
from .items import Body, RawItem, unwrap
from .parts import fetch_in_parts
from .refusals import Refusal
from .response import ApiResponse, page_numbers
from .retries import Retries
from .session import BuildkiteSession

__all__ = [
    "ApiError",
    "ApiResponse",
    "AuthenticationError",
    "BadKeyError",
    "Body",
    "BuildkiteError",
    "BuildkiteSession",
    "Clock",
    "Credential",
    "DetailsBegun",
    "DetailsRead",
    "Event",
    "FileAsked",
    "ForbiddenError",
    "ForeignHostError",
    "GraphqlUsed",
    "HintsRead",
    "LateCredential",
    "ListRead",
    "MissingTokenError",
    "NeedsScope",
    "NotFoundError",
    "PageFetched",
    "RateLimitedError",
    "RawItem",
    "Refusal",
    "RequestBudget",
    "Retries",
    "RowRejected",
    "SignedToken",
    "Skipped",
    "StateReplaced",
    "StoppedError",
    "Stopping",
    "SystemClock",
    "TooDeepError",
    "UnexpectedBodyError",
    "UnknownFields",
    "UnknownSlugError",
    "UnreachableError",
    "Waiting",
    "credential_of",
    "fetch_in_parts",
    "page_numbers",
    "raise_for_error",
    "unwrap",
]
