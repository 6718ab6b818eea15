"""How many random examples a property test draws; the same ones in every run.

Set FUZZ to a factor to draw that many times as many, and new ones in every run.
"""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

_FUZZ = int(os.environ.get("FUZZ", "0"))


def examples(count: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=count * max(1, _FUZZ),
        derandomize=not _FUZZ,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
