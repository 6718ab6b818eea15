"""What one query may see of the world, and when it looks."""

from dataclasses import dataclass
from datetime import datetime

from buildkite_simulator.api.storage import Storage
from buildkite_simulator.api.tokens import Token
from buildkite_simulator.instants import NEVER, instant, uuid_instant
from buildkite_simulator.render.context import Context
from buildkite_simulator.world.artifacts import Artifact
from buildkite_simulator.world.model import Build, Job, Organization, Pipeline
from buildkite_simulator.world.store import RefusedError
from buildkite_simulator.world.world import World


@dataclass(frozen=True)
class Sight:
    """The world at an instant, through the eyes of a token."""

    world: World
    context: Context
    storage: Storage
    token: Token
    at: int

    def organization(self, slug: str) -> Organization | None:
        """Return an organization the token may see."""
        for organization in self.world.organizations:
            if organization.slug == slug and self.token.sees(slug):
                return organization
        return None

    def pipeline(self, slug: str) -> Pipeline | None:
        """Return a pipeline by `organization/pipeline`."""
        owner, _, name = slug.partition("/")
        organization = self.organization(owner)
        if organization is None:
            return None
        return next((each for each in organization.pipelines if each.slug == name), None)

    def pipeline_of(self, uuid: str) -> Pipeline | None:
        """Return a pipeline by UUID."""
        for organization in self.world.organizations:
            for pipeline in organization.pipelines:
                if pipeline.id == uuid and self.token.sees(organization.slug):
                    return pipeline
        return None

    def build(self, slug: str) -> Build | None:
        """Return a build by `organization/pipeline/number`."""
        path, _, number = slug.rpartition("/")
        pipeline = self.pipeline(path)
        if pipeline is None or not number.isdecimal():
            return None
        build = pipeline.numbers.get(int(number))
        return build and self.build_of(build.id)

    def build_of(self, uuid: str) -> Build | None:
        """Return a build by UUID; its time-ordered id tells when it was created."""
        created = uuid_instant(uuid)
        if created is None:
            return None
        for build in self.world.builds(since=created, until=min(created + 1, NEVER)):
            if build.id == uuid and self.token.sees(build.pipeline.organization.slug):
                return build
        return None

    def job(self, uuid: str) -> Job | None:
        """Return an attempt by UUID."""
        try:
            job = self.world.job(uuid)
        except RefusedError:
            return None
        return job if self.token.sees(job.build.pipeline.organization.slug) else None

    def artifact(self, uuid: str) -> Artifact | None:
        """Return an artifact that has been listed before, by UUID."""
        artifact = self.world.artifact(uuid)
        if artifact is None:
            return None
        seen = self.token.sees(artifact.job.build.pipeline.organization.slug)
        return artifact if seen else None


def moment(text: str | None, default: int) -> int:
    """Return the instant of a `DateTime` argument, or the default without one."""
    return default if text is None else instant(datetime.fromisoformat(text))
