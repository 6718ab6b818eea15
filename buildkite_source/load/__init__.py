"""One whole run, for the command line, a scheduler or a script: `load(pipeline)`."""

from .advice import RejectedRowsError, explain
from .guards import BusyError
from .progress import RunProgress
from .report import Report
from .run import load

__all__ = ["BusyError", "RejectedRowsError", "Report", "RunProgress", "explain", "load"]
