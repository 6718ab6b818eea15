"""`python -m buildkite_source.catalog`: print docs/resources.md."""

from . import ENDPOINTS
from .documentation import markdown

print(markdown(ENDPOINTS))  # noqa: T201
