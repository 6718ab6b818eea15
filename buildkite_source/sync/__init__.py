"""What to ask for: time windows, passes, memory and selections. Pure, no I/O."""

from .memory import ListMemory
from .newest import NewestFirst
from .selection import Selection
from .slices import OPEN_STATES, OVERLAP, Aim, Slice, changes, history, is_unsettled, lost, recheck
from .windows import (
    Window,
    from_api,
    gaps,
    parse_duration,
    parse_since,
    parse_until,
    to_api,
    union,
)

__all__ = [
    "OPEN_STATES",
    "OVERLAP",
    "Aim",
    "ListMemory",
    "NewestFirst",
    "Selection",
    "Slice",
    "Window",
    "changes",
    "from_api",
    "gaps",
    "history",
    "is_unsettled",
    "lost",
    "parse_duration",
    "parse_since",
    "parse_until",
    "recheck",
    "to_api",
    "union",
]
