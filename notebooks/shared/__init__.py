"""What the notebooks share: connection, filters, charts, and how a page looks."""

from . import charts, filters, page
from .filters import Chosen
from .place import Place
from .warehouse import Answer, Warehouse

__all__ = ["Answer", "Chosen", "Place", "Warehouse", "charts", "filters", "page"]
