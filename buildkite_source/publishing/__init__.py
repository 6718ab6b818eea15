"""A static site of what is loaded, for a team: first page, digest, and every notebook."""

from . import pages
from .notebooks import ExportError, Notebook, every_notebook, page_of
from .publish import publish
from .site import MANIFEST, Site

__all__ = [
    "MANIFEST",
    "ExportError",
    "Notebook",
    "Site",
    "every_notebook",
    "page_of",
    "pages",
    "publish",
]
