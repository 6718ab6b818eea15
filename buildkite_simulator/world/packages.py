"""Package registries, their tokens, and the packages that builds published."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256, sha512

from buildkite_simulator.instants import DAY, SECOND, time_ordered_uuid
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Build, Job, Organization
from buildkite_simulator.world.people import User
from buildkite_simulator.world.suite_tests import repository_name


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry; jobs of `steps` (step keys) that pass publish to it."""

    id: str
    slug: str
    name: str
    ecosystem: str
    description: str | None
    emoji: str | None
    color: str | None
    is_public: bool
    created: int
    steps: frozenset[str]


@dataclass(frozen=True, slots=True)
class RegistryToken:
    """A credential to install from a registry; its secret is shown to nobody."""

    id: str
    description: str
    created: int
    created_by: User


@dataclass(frozen=True, slots=True)
class Package:
    """A version of a package, published by a job."""

    id: str
    name: str
    version: str
    created: int

    @property
    def digests(self) -> dict[str, str]:
        """Checksums of its bytes."""
        data = self.id.encode()
        return {"sha256": sha256(data).hexdigest(), "sha512": sha512(data).hexdigest()}


_REGISTRIES: tuple[tuple[str, str, str, str | None, str | None, bool, frozenset[str]], ...] = (
    (
        *("container-images", "Container images", "oci"),
        *("What runs in <production>", ":docker:", False),
        frozenset({"image"}),
    ),
    (
        *("python-packages", "Python packages", "python", None, None, True),
        frozenset({"publish", "package"}),
    ),
    (
        *("apps-und-dateien", "Apps „und“ Dateien", "file", None, "📦", False),
        frozenset({"build", "ios", "android"}),
    ),
)


def registries_of(organization: Organization) -> tuple[Registry, ...]:
    """Return an organization's registries, oldest first."""
    made = organization.created + 60 * DAY
    return tuple(
        Registry(
            id=time_ordered_uuid(made, organization.id, "registry", slug),
            slug=slug,
            name=named(organization, name),
            ecosystem=ecosystem,
            description=description and named(organization, description),
            emoji=emoji,
            color="#0B7A75" if emoji else None,
            is_public=is_public,
            created=made,
            steps=steps,
        )
        for slug, name, ecosystem, description, emoji, is_public, steps in _REGISTRIES
    )


def tokens_of(registry: Registry, organization: Organization) -> tuple[RegistryToken, ...]:
    """Return a registry's tokens, oldest first."""
    descriptions = ("Deploys", "Laptops of the „platform“ team")
    return tuple(
        RegistryToken(
            id=time_ordered_uuid(created, registry.id, "token", description),
            description=named(organization, description),
            created=created,
            created_by=organization.users[0],
        )
        for number, description in enumerate(descriptions)
        if (created := registry.created + (number + 1) * DAY)
    )


def packages_of(registry: Registry, builds: Iterable[Build], at: int) -> list[Package]:
    """Return what builds published to a registry up to an instant, newest first."""
    published = [
        _package(registry, job, job.finished)
        for build in builds
        if any(step.key in registry.steps for step in build.pipeline.steps)
        for job in build.attempts()
        if job.chain.step.key in registry.steps
        and job.result == "passed"
        and job.finished is not None
        and job.finished <= at
    ]
    return sorted(published, key=lambda package: (-package.created, package.id))


def _package(registry: Registry, job: Job, finished: int) -> Package:
    created = finished - finished % SECOND
    key, build = job.chain.step.key, job.build
    name = repository_name(build.pipeline)
    return Package(
        id=time_ordered_uuid(created, job.id, "package", registry.id),
        name=f"{name}-{key}" if registry.ecosystem == "file" else name,
        version=f"0.{build.number}.0",
        created=created,
    )
