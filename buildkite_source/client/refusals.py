"""Why a page may not come, although nothing is wrong with the request."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a page did not come, although asking for less of the list may help."""

    TOO_DEEP = "paged deeper than the API allows"
    TOO_HEAVY = "more than the API can serve at once"
    GONE = "not there any more"
    FORBIDDEN = "not for this token"
    ABSENT = "not there, or hidden from this token"
    STOPPED = "the run was asked to stop"


Refusals = frozenset[Refusal]
# Of a list that can be asked for in smaller parts.
EVERY_REFUSAL: Refusals = frozenset(Refusal) - {Refusal.GONE, Refusal.FORBIDDEN, Refusal.ABSENT}
