"""A digest of what CI did in a time, against the time before: for those who open no notebook."""

from .as_json import as_json
from .collect import Digest, Part, Scope, collect
from .html_page import as_html
from .markdown import as_markdown
from .model import Column, Form, Section
from .sections import SECTIONS
from .span import Span

__all__ = [
    "SECTIONS",
    "Column",
    "Digest",
    "Form",
    "Part",
    "Scope",
    "Section",
    "Span",
    "as_html",
    "as_json",
    "as_markdown",
    "collect",
]
