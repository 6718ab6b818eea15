"""Teams and what belongs to them, as JSON."""

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import Context, Row, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.render.test_engine import suite_url
from buildkite_simulator.world.chance import number
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.teams import (
    Team,
    access_to,
    pipelines_in,
    role_in,
    suites_in,
    teams_of,
    users_in,
)


def team_rows(organization: Organization, at: int, context: Context) -> list[Row]:
    """Render the teams of an organization."""
    return [team_fields(team, context) for team in teams_of(organization, at)]


def team_fields(team: Team, context: Context) -> Row:
    """Render a team."""
    fields: Row = {
        "id": team.id,
        "graphql_id": graphql_id("Team", team.id),
        "name": team.name,
        "slug": team.slug,
        "description": team.description,
        "privacy": team.privacy,
        "default": team.is_default,
        "created_at": iso(team.created),
        "created_by": user_fields(team.created_by),
    }
    if context.switches.go_client_fields:
        fields |= {
            "default_member_role": "member",
            "members_can_create_pipelines": team.is_default,
            "members_can_create_suites": team.is_default,
            "members_can_create_registries": False,
            "members_can_destroy_registries": False,
            "members_can_destroy_packages": False,
        }
    return fields


def team_member_rows(team: Team, at: int, _context: Context) -> list[Row]:
    """Render the members of a team."""
    return [
        {
            "user_id": user.id,
            "user_name": user.name,
            "role": role_in(team, user),
            "created_at": iso(since),
        }
        for user, since in users_in(team, at)
    ]


def team_pipeline_rows(team: Team, at: int, context: Context) -> list[Row]:
    """Render the pipelines of a team."""
    return [
        {
            "pipeline_id": pipeline.id,
            "pipeline_url": context.pipeline_url(pipeline),
            "access_level": access_to(team, pipeline),
            "created_at": iso(since),
        }
        for pipeline, since in pipelines_in(team, at)
    ]


def team_suite_rows(team: Team, _at: int, context: Context) -> list[Row]:
    """Render the test suites of a team."""
    return [
        {
            "suite_id": suite.id,
            "suite_url": suite_url(suite, team.organization, context),
            "access_level": ["read", "edit"][: 1 + number(team.id, suite.id) % 2],
            "created_at": iso(since),
        }
        for suite, since in suites_in(team)
    ]
