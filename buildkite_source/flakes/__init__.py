"""Failed builds that flaky steps failed: which they are, which to retry, and what to ask for.

`failures` reads, `choice` decides, `rows` says what is to be done, and `retry` has it done by
`buildkite_source.actions`.
"""

from .choice import Choice, Reason, choose
from .failures import FailedBuild, Failure, Loaded, acted_on, failed_builds, loaded
from .retry import retry
from .rows import told

__all__ = [
    "Choice",
    "FailedBuild",
    "Failure",
    "Loaded",
    "Reason",
    "acted_on",
    "choose",
    "failed_builds",
    "loaded",
    "retry",
    "told",
]
