"""A dlt source for Buildkite: organizations, pipelines, builds and every attempt of a job."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import BuildkiteError, BuildkiteSession
    from .defaults import __version__
    from .source import buildkite_source

# dlt takes a second to import, which who asks for help or a version does not wait for.
_HOMES = {
    "BuildkiteError": "client",
    "BuildkiteSession": "client",
    "__version__": "defaults",
    "buildkite_source": "source",
}

__all__ = ["BuildkiteError", "BuildkiteSession", "__version__", "buildkite_source"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
