"""Pipelines with their settings as they are now."""

from .context import SEEN
from .model import (
    DERIVABLE_URL,
    GRAPHQL_ID,
    ORGANIZATION_ID,
    Column,
    Kind,
    Table,
    url_part,
    user_columns,
    user_omissions,
)

_LIVE_COUNTER = "live counter: count the jobs or builds tables instead"

PIPELINES = Table(
    name="pipelines",
    description="One row per pipeline, with its settings as they are now",
    documentation="https://buildkite.com/docs/apis/rest-api/pipelines",
    columns=(
        Column("id", Kind.TEXT, "id", "Pipeline id (UUID); stable across renames", required=True),
        ORGANIZATION_ID,
        Column(
            "organization_slug",
            Kind.TEXT,
            "url",
            "Organization slug",
            convert=url_part("organizations"),
        ),
        Column("slug", Kind.TEXT, "slug", "Name in URLs; changes when renamed"),
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("description", Kind.TEXT, "description", "Free text", mentions_people=True),
        Column("repository", Kind.TEXT, "repository", "Git URL"),
        Column("default_branch", Kind.TEXT, "default_branch", "Branch that counts as main"),
        Column("visibility", Kind.TEXT, "visibility", "private or public"),
        Column("tags", Kind.JSON, "tags", "Tags, an array of text"),
        Column("emoji", Kind.TEXT, "emoji", "Emoji shown beside the name"),
        Column("color", Kind.TEXT, "color", "Colour shown beside the name"),
        Column("cluster_id", Kind.TEXT, "cluster_id", "Cluster the pipeline runs in"),
        Column(
            "pipeline_template_uuid",
            Kind.TEXT,
            "pipeline_template_uuid",
            "Template the pipeline is built from",
        ),
        Column(
            "branch_configuration", Kind.TEXT, "branch_configuration", "Pattern of branches built"
        ),
        Column("clone_mirror_url", Kind.TEXT, "clone_mirror_url", "Git mirror agents clone from"),
        Column(
            "skip_queued_branch_builds",
            Kind.BOOLEAN,
            "skip_queued_branch_builds",
            "Newer builds skip queued ones of the branch",
        ),
        Column(
            "skip_queued_branch_builds_filter",
            Kind.TEXT,
            "skip_queued_branch_builds_filter",
            "Branches this applies to",
        ),
        Column(
            "cancel_running_branch_builds",
            Kind.BOOLEAN,
            "cancel_running_branch_builds",
            "Newer builds cancel running ones of the branch",
        ),
        Column(
            "cancel_running_branch_builds_filter",
            Kind.TEXT,
            "cancel_running_branch_builds_filter",
            "Branches this applies to",
        ),
        Column("allow_rebuilds", Kind.BOOLEAN, "allow_rebuilds", "Builds may be rebuilt"),
        Column(
            "default_timeout_minutes",
            Kind.INTEGER,
            "default_command_step_timeout",
            "Default timeout of a command step, minutes",
        ),
        Column(
            "maximum_timeout_minutes",
            Kind.INTEGER,
            "maximum_command_step_timeout",
            "Longest timeout of a command step, minutes",
        ),
        Column("provider_id", Kind.TEXT, "provider.id", "Source control provider, such as github"),
        Column(
            "provider_settings",
            Kind.JSON,
            "provider.settings",
            "Settings of the provider, keys vary",
        ),
        Column(
            "provider_webhook_url",
            Kind.TEXT,
            "provider.webhook_url",
            "URL the provider calls; who knows it can trigger builds",
            secret=True,
        ),
        Column(
            "env",
            Kind.JSON,
            "env",
            "Environment of each build",
            mentions_people=True,
            secret=True,
        ),
        Column(
            "steps", Kind.JSON, "steps", "Steps with their env", mentions_people=True, secret=True
        ),
        Column(
            "configuration",
            Kind.TEXT,
            "configuration",
            "YAML with its env",
            mentions_people=True,
            secret=True,
        ),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("archived_at", Kind.TIMESTAMP, "archived_at", "When it was archived, if it was"),
        Column("url", Kind.TEXT, "url", "API URL"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "builds_url": DERIVABLE_URL,
        "badge_url": "grants access to the badge image and says nothing of builds",
        "scheduled_builds_count": _LIVE_COUNTER,
        "running_builds_count": _LIVE_COUNTER,
        "scheduled_jobs_count": _LIVE_COUNTER,
        "running_jobs_count": _LIVE_COUNTER,
        "waiting_jobs_count": _LIVE_COUNTER,
        **user_omissions("created_by"),
    },
)
