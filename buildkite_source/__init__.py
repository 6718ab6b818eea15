"""A dlt source for Buildkite: organizations, pipelines, builds and every attempt of a job."""

from .client import BuildkiteError, BuildkiteSession
from .settings import __version__
from .source import buildkite_source

__all__ = ["BuildkiteError", "BuildkiteSession", "__version__", "buildkite_source"]
