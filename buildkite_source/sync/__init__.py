"""What to ask for: time windows, passes, memory and selections. Pure, no I/O."""

from .memory import ListMemory
from .newest import NewestFirst
from .selection import Selection
from .slices import (
    MOVING_STATES,
    OVERLAP,
    Aim,
    Slice,
    changes,
    history,
    is_moving,
    lost,
    recheck,
    standing,
)
from .windows import (
    Window,
    check_since,
    from_api,
    gaps,
    parse_duration,
    parse_since,
    parse_until,
    to_api,
    union,
)

__all__ = [
    "MOVING_STATES",
    "OVERLAP",
    "Aim",
    "ListMemory",
    "NewestFirst",
    "Selection",
    "Slice",
    "Window",
    "changes",
    "check_since",
    "from_api",
    "gaps",
    "history",
    "is_moving",
    "lost",
    "parse_duration",
    "parse_since",
    "parse_until",
    "recheck",
    "standing",
    "to_api",
    "union",
]
