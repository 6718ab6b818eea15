"""Test suites: where an organization's builds report what their tests did."""

from dataclasses import dataclass

from buildkite_simulator.instants import DAY, time_ordered_uuid
from buildkite_simulator.world.hostile import named
from buildkite_simulator.world.model import Organization


@dataclass(frozen=True, slots=True)
class Suite:
    """A test suite, its slug unique in an organization; the jobs of `steps` (keys) report to it."""

    id: str
    slug: str
    name: str
    organization_id: str
    default_branch: str
    application_name: str
    color: str | None
    emoji: str | None
    framework: str
    files: str
    steps: frozenset[str]


_SUITES = (
    ("unit-tests", "Unit tests", "#14CC80", ":test_tube:", "jest", "src/{}.test.ts"),
    ("browser-tests", 'Browser <tests> & "journeys"', "#FFF700", "🍋", "playwright", "e2e/{}.ts"),
    ("integration-tests", "Intégration", None, None, "go test", "./integration/{}_test.go"),
)
_STEPS = (
    frozenset({"test", "unit"}),
    frozenset({"browser", "e2e", "devices"}),
    frozenset({"integration", "smoke"}),
)


def suites_of(organization: Organization) -> tuple[Suite, ...]:
    """Return an organization's test suites, oldest first: two or three of them."""
    count = 2 if int(organization.id[-1], 16) % 4 == 0 else 3
    return tuple(
        Suite(
            id=time_ordered_uuid(organization.created + 30 * DAY, organization.id, "suite", slug),
            slug=slug,
            name=named(organization, name),
            organization_id=organization.id,
            default_branch="main",
            application_name=organization.name,
            color=color,
            emoji=emoji,
            framework=framework,
            files=files,
            steps=steps,
        )
        for (slug, name, color, emoji, framework, files), steps in zip(
            _SUITES[:count], _STEPS, strict=False
        )
    )
