"""What the notebooks share: which data they show, filters, charts, and how a page looks."""

from . import charts, filters, page
from .dataset import dataset_of
from .filters import Chosen

__all__ = ["Chosen", "charts", "dataset_of", "filters", "page"]
