"""What to ask for: time windows, coverage and selections. Pure functions, no I/O."""

from .coverage import Coverage
from .selection import Selection
from .windows import Window, missing, parse_since, to_api

__all__ = ["Coverage", "Selection", "Window", "missing", "parse_since", "to_api"]
