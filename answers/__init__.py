"""Questions in SQL to what is loaded, at any destination, and their answers as people read them."""

from .answer import Answer
from .reader import Place, Reader
from .snapshot import BusyError
from .warehouse import Warehouse

__all__ = ["Answer", "BusyError", "Place", "Reader", "Warehouse"]
