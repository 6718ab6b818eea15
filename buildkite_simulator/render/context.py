"""What every rendered object needs to know: where the API is, and how the switches stand."""

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from buildkite_simulator.switches import Switches
from buildkite_simulator.world.model import Build, Organization, Pipeline

WEB = "https://buildkite.com"
Row = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """Base URL (ends in `/v2`) and switches."""

    base_url: str
    switches: Switches

    def organization_url(self, organization: Organization) -> str:
        """Return an organization's API URL."""
        return f"{self.base_url}/organizations/{organization.slug}"

    def pipeline_url(self, pipeline: Pipeline) -> str:
        """Return a pipeline's API URL."""
        return f"{self.organization_url(pipeline.organization)}/pipelines/{pipeline.slug}"

    def build_url(self, build: Build) -> str:
        """Return a build's API URL."""
        return f"{self.pipeline_url(build.pipeline)}/builds/{build.number}"


def pipeline_web_url(pipeline: Pipeline) -> str:
    """Return a pipeline's page."""
    return f"{WEB}/{pipeline.organization.slug}/{pipeline.slug}"


def build_web_url(build: Build) -> str:
    """Return a build's page."""
    return f"{pipeline_web_url(build.pipeline)}/builds/{build.number}"


@lru_cache(maxsize=100_000)
def graphql_id(kind: str, uuid: str) -> str:
    """Return the GraphQL node id of an object."""
    return b64encode(f"{kind}---{uuid}".encode()).decode()
