"""Metric views: one question each, in SQL, beside the tables. What they mean: docs/metrics.md."""

from .create import create_views
from .dataset import READS, Made
from .documentation import markdown
from .views import BY_STATE, Given, View, compared, every_view, possible, statement, with_views

__all__ = [
    "BY_STATE",
    "READS",
    "Given",
    "Made",
    "View",
    "compared",
    "create_views",
    "every_view",
    "markdown",
    "possible",
    "statement",
    "with_views",
]
