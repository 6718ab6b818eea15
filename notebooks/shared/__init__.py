"""What the notebooks share: which data they show, filters, charts, and how a page looks."""

from . import charts, filters, page
from .filters import Chosen
from .place import place_of

__all__ = ["Chosen", "charts", "filters", "page", "place_of"]
