"""What a digest tells: each section one question to the metric views."""

from .builds import FAILING, OVERALL, RED, STANDING
from .steps import FLAKY
from .times import SLOW_PIPELINES, SLOW_STEPS, WAITS

__all__ = ["SECTIONS"]

SECTIONS = (OVERALL, FAILING, FLAKY, SLOW_PIPELINES, SLOW_STEPS, WAITS, STANDING, RED)
