"""What starts builds or limits them without a person: schedules, webhooks, templates, rules."""

from .context import ORGANIZATION, PIPELINE, PIPELINE_ID, SEEN, key
from .model import (
    DERIVABLE_URL,
    GRAPHQL_ID,
    Column,
    Kind,
    Table,
    user_columns,
    user_omissions,
)

_SAME_ORGANIZATION = "same as the organization_id column"

PIPELINE_SCHEDULES = Table(
    name="pipeline_schedules",
    description="One row per schedule of a pipeline",
    documentation="https://buildkite.com/docs/apis/rest-api/pipeline-schedules",
    columns=(
        Column("id", Kind.TEXT, "id", "Schedule id (UUID)", required=True),
        *PIPELINE,
        Column("label", Kind.TEXT, "label", "Display name"),
        Column("cronline", Kind.TEXT, "cronline", "When it starts builds, as a cron line"),
        Column("enabled", Kind.BOOLEAN, "enabled", "It starts builds"),
        Column("message", Kind.TEXT, "message", "Message of its builds"),
        Column("commit", Kind.TEXT, "commit", "Commit of its builds, HEAD unless set"),
        Column("branch", Kind.TEXT, "branch", "Branch of its builds"),
        Column("env", Kind.JSON, "env", "Environment of its builds", secret=True),
        Column("next_build_at", Kind.TIMESTAMP, "next_build_at", "When it starts the next build"),
        Column("failed_message", Kind.TEXT, "failed_message", "Why it failed, if it did"),
        Column("failed_at", Kind.TIMESTAMP, "failed_at", "When it failed"),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "pipeline": "its id and slug are columns",
        **user_omissions("created_by"),
    },
)

GITHUB_WEBHOOKS = Table(
    name="github_webhooks",
    description="One row per pipeline whose GitHub webhook can be turned off",
    documentation="https://buildkite.com/docs/apis/rest-api/pipelines",
    columns=(
        key(PIPELINE_ID),
        *(column for column in PIPELINE if column is not PIPELINE_ID),
        Column("enabled", Kind.BOOLEAN, "enabled", "GitHub's calls start builds"),
        Column("disabled_at", Kind.TIMESTAMP, "disabled_at", "When it was turned off"),
        *user_columns("disabled_by", "Who turned it off"),
        Column(
            "url",
            Kind.TEXT,
            "url",
            "URL GitHub calls; who knows it can trigger builds",
            secret=True,
        ),
        *SEEN,
    ),
    omitted=user_omissions("disabled_by"),
    primary_key=("pipeline_id",),
)

PIPELINE_TEMPLATES = Table(
    name="pipeline_templates",
    description="One row per template that pipelines can be built from",
    documentation="https://buildkite.com/docs/apis/rest-api/pipeline-templates",
    columns=(
        Column("uuid", Kind.TEXT, "uuid", "Template id (UUID)", required=True),
        *ORGANIZATION,
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column("available", Kind.BOOLEAN, "available", "Open to all, not to administrators only"),
        Column("configuration", Kind.TEXT, "configuration", "YAML with its env", secret=True),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *user_columns("updated_by", "Who changed it last"),
        Column("updated_at", Kind.TIMESTAMP, "updated_at", "When it was last changed"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        **user_omissions("created_by"),
        **user_omissions("updated_by"),
    },
    primary_key=("uuid",),
)

RULES = Table(
    name="rules",
    description="One row per rule that lets one pipeline use another",
    documentation="https://buildkite.com/docs/apis/rest-api/rules",
    columns=(
        Column("uuid", Kind.TEXT, "uuid", "Rule id (UUID)", required=True),
        *ORGANIZATION,
        Column("type", Kind.TEXT, "type", "Such as pipeline.trigger_build.pipeline"),
        Column("source_type", Kind.TEXT, "source_type", "Who may: kind of thing"),
        Column("source_uuid", Kind.TEXT, "source_uuid", "Who may: id; joins pipelines.id"),
        Column("target_type", Kind.TEXT, "target_type", "With what: kind of thing"),
        Column("target_uuid", Kind.TEXT, "target_uuid", "With what: id; joins pipelines.id"),
        Column("effect", Kind.TEXT, "effect", "Such as allow"),
        Column("action", Kind.TEXT, "action", "What they may do, such as trigger_build"),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "organization_uuid": _SAME_ORGANIZATION,
        **user_omissions("created_by"),
    },
    primary_key=("uuid",),
)

PORTALS = Table(
    name="portals",
    description="One row per portal: a stored GraphQL query with a token of its own",
    documentation="https://buildkite.com/docs/apis/rest-api/portals",
    columns=(
        Column("uuid", Kind.TEXT, "uuid", "Portal id (UUID)", required=True),
        *ORGANIZATION,
        Column("slug", Kind.TEXT, "slug", "Name in URLs"),
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column("query", Kind.TEXT, "query", "What it asks, GraphQL"),
        Column(
            "allowed_ip_addresses",
            Kind.TEXT,
            "allowed_ip_addresses",
            "Networks that may call it; null = all",
        ),
        Column("user_invokable", Kind.BOOLEAN, "user_invokable", "People may call it too"),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={
        "organization_uuid": _SAME_ORGANIZATION,
        "token": "a credential, only sent on creation: kept nowhere",
        **user_omissions("created_by"),
    },
    primary_key=("uuid",),
)
