"""Questions in SQL to what is loaded, at any destination, and their answers as people read them."""

from .answer import Answer
from .snapshot import BusyError
from .warehouse import Place, Warehouse

__all__ = ["Answer", "BusyError", "Place", "Warehouse"]
