"""A digest of what CI did in a time, against the time before: for those who open no notebook."""

from .as_json import as_json, plain
from .collect import Digest, Part, Scope, collect
from .conditions import Condition, UnknownNameError
from .figures import MEANINGS
from .headline import headline, spans
from .html_page import as_html
from .markdown import as_markdown
from .model import Column, Form, Section
from .sections import SECTIONS
from .span import Span

__all__ = [
    "MEANINGS",
    "SECTIONS",
    "Column",
    "Condition",
    "Digest",
    "Form",
    "Part",
    "Scope",
    "Section",
    "Span",
    "UnknownNameError",
    "as_html",
    "as_json",
    "as_markdown",
    "collect",
    "headline",
    "plain",
    "spans",
]
