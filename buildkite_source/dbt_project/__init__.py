"""A dbt package of the loaded tables and the metric views, from their definitions."""

from .exposures import Exposure, exposures_of
from .folder import write
from .package import Package, files_of
from .sources import sources_of

__all__ = ["Exposure", "Package", "exposures_of", "files_of", "sources_of", "write"]
