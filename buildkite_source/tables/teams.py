"""Teams, and what they link: people, pipelines and test suites."""

from .context import ORGANIZATION, SEEN, TEAM_ID, key
from .model import (
    DERIVABLE_URL,
    GRAPHQL_ID,
    Column,
    Kind,
    Table,
    user_columns,
    user_omissions,
)


def _permission(name: str, what: str) -> Column:
    return Column(name, Kind.BOOLEAN, name, f"Its members may {what}")


TEAMS = Table(
    name="teams",
    description="One row per team of an organization",
    documentation="https://buildkite.com/docs/apis/rest-api/teams",
    columns=(
        Column("id", Kind.TEXT, "id", "Team id (UUID)", required=True),
        *ORGANIZATION,
        Column("slug", Kind.TEXT, "slug", "Name in URLs; changes when renamed"),
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("description", Kind.TEXT, "description", "Free text, may be empty"),
        Column("privacy", Kind.TEXT, "privacy", "visible, or secret to who is not in it"),
        Column("is_default", Kind.BOOLEAN, "default", "New members join it"),
        Column(
            "default_member_role",
            Kind.TEXT,
            "default_member_role",
            "Role of those who join: member or maintainer",
        ),
        _permission("members_can_create_pipelines", "create pipelines"),
        _permission("members_can_create_suites", "create test suites"),
        _permission("members_can_create_registries", "create package registries"),
        _permission("members_can_destroy_registries", "delete package registries"),
        _permission("members_can_destroy_packages", "delete packages"),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={"graphql_id": GRAPHQL_ID, **user_omissions("created_by")},
)

TEAM_MEMBERS = Table(
    name="team_members",
    description="One row per member of a team",
    documentation="https://buildkite.com/docs/apis/rest-api/teams/members",
    columns=(
        key(TEAM_ID),
        Column(
            "user_id",
            Kind.TEXT,
            "user_id",
            "User; joins organization_members.id",
            required=True,
        ),
        *ORGANIZATION,
        Column("user_name", Kind.TEXT, "user_name", "Name of the user", personal=True),
        Column("role", Kind.TEXT, "role", "member or maintainer"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When the user joined"),
        *SEEN,
    ),
    primary_key=("team_id", "user_id"),
)

TEAM_PIPELINES = Table(
    name="team_pipelines",
    description="One row per pipeline that a team may use",
    documentation="https://buildkite.com/docs/apis/rest-api/teams/pipelines",
    columns=(
        key(TEAM_ID),
        Column(
            "pipeline_id",
            Kind.TEXT,
            "pipeline_id",
            "Pipeline; joins pipelines.id",
            required=True,
        ),
        *ORGANIZATION,
        Column(
            "access_level",
            Kind.TEXT,
            "access_level",
            "read_only, build_and_read or manage_build_and_read",
        ),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When the team was let in"),
        *SEEN,
    ),
    omitted={"pipeline_url": DERIVABLE_URL},
    primary_key=("team_id", "pipeline_id"),
)

TEAM_SUITES = Table(
    name="team_suites",
    description="One row per test suite that a team may use",
    documentation="https://buildkite.com/docs/apis/rest-api/teams/suites",
    columns=(
        key(TEAM_ID),
        Column("suite_id", Kind.TEXT, "suite_id", "Test suite; joins suites.id", required=True),
        *ORGANIZATION,
        Column("access_level", Kind.JSON, "access_level", "An array of read and edit"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When the team was let in"),
        *SEEN,
    ),
    omitted={"suite_url": DERIVABLE_URL},
    primary_key=("team_id", "suite_id"),
)
