"""What a digest tells: each section one question to the metric views."""

from .builds import FAILING, OVERALL, RED, STANDING
from .steps import FLAKE_RETRIES, FLAKY
from .times import SLOW_PIPELINES, SLOW_STEPS, WAITS

__all__ = ["OVERALL", "SECTIONS"]

SECTIONS = (
    OVERALL,
    FAILING,
    FLAKY,
    FLAKE_RETRIES,
    SLOW_PIPELINES,
    SLOW_STEPS,
    WAITS,
    STANDING,
    RED,
)
