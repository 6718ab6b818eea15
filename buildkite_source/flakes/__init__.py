"""Failed builds that flaky steps failed: which they are, which to retry, and what to ask for.

`failures` reads, `choice` decides, `rows` says what `buildkite_source.actions` is to do.
"""

from .choice import Choice, Reason, choose
from .failures import FailedBuild, Failure, failed_builds
from .rows import annotation_row, retry_row

__all__ = [
    "Choice",
    "FailedBuild",
    "Failure",
    "Reason",
    "annotation_row",
    "choose",
    "failed_builds",
    "retry_row",
]
