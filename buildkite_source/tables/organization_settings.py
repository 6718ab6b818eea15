"""What holds for a whole organization: settings and emojis."""

from .context import ORGANIZATION_SLUG, SEEN, key
from .model import (
    DERIVABLE_URL,
    ORGANIZATION_ID,
    Column,
    Kind,
    Table,
    user_columns,
    user_omissions,
)


def _switch(name: str, what: str) -> tuple[Column, ...]:
    """Return the columns of a setting that tells who turned it on."""
    return (
        Column(f"{name}_enabled", Kind.BOOLEAN, f"{name}.enabled", what),
        Column(f"{name}_enabled_at", Kind.TIMESTAMP, f"{name}.enabled_at", "Since when"),
        *user_columns(f"{name}.enabled_by", "Who turned it on"),
    )


API_SETTINGS = Table(
    name="api_settings",
    description="One row per organization: how its API may be used",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations/api-settings",
    columns=(
        key(ORGANIZATION_ID),
        ORGANIZATION_SLUG,
        Column(
            "allowed_ip_addresses",
            Kind.TEXT,
            "allowed_ip_addresses",
            "Networks that may use the API; null = all",
        ),
        Column(
            "revoke_inactive_tokens_after_days",
            Kind.INTEGER,
            "revoke_inactive_tokens_after_days",
            "Days without use after which a token is revoked; null = never",
        ),
        Column(
            "restrict_user_api_token_creation",
            Kind.BOOLEAN,
            "restrict_user_api_token_creation",
            "Only administrators may create tokens",
        ),
        Column(
            "has_api_ip_allow_list",
            Kind.BOOLEAN,
            "features.api_ip_allow_list",
            "The plan has lists of allowed networks",
        ),
        Column(
            "has_inactive_api_token_revocation",
            Kind.BOOLEAN,
            "features.inactive_api_token_revocation",
            "The plan has the revocation of unused tokens",
        ),
        *SEEN,
    ),
    omitted={"url": DERIVABLE_URL},
    primary_key=("organization_id",),
)

PIPELINE_SETTINGS = Table(
    name="pipeline_settings",
    description="One row per organization: what holds for all its pipelines",
    documentation="https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings",
    columns=(
        key(ORGANIZATION_ID),
        ORGANIZATION_SLUG,
        Column("default_branch", Kind.TEXT, "default_branch", "Default branch of new pipelines"),
        Column(
            "default_cluster_id",
            Kind.TEXT,
            "default_cluster_id",
            "Cluster of new pipelines; joins clusters.id",
        ),
        Column(
            "default_timeout_in_minutes",
            Kind.INTEGER,
            "default_timeout_in_minutes",
            "Default timeout of a command step, minutes",
        ),
        Column(
            "maximum_timeout_in_minutes",
            Kind.INTEGER,
            "maximum_timeout_in_minutes",
            "Longest timeout of a command step, minutes",
        ),
        Column(
            "scheduled_job_expiry_in_minutes",
            Kind.INTEGER,
            "scheduled_job_expiry_in_minutes",
            "How long a job waits for an agent before it expires, minutes",
        ),
        *_switch("hosted_agents_terminal_access", "Jobs on hosted agents offer a terminal"),
        *_switch("public_pipeline_creation", "Public pipelines may be created"),
        *_switch("advanced_queue_metrics", "Queues have advanced metrics"),
        Column(
            "build_exports_available",
            Kind.BOOLEAN,
            "build_exports.available",
            "The plan has build exports",
        ),
        Column(
            "build_exports_enabled", Kind.BOOLEAN, "build_exports.enabled", "Builds are exported"
        ),
        Column(
            "build_exports_location",
            Kind.TEXT,
            "build_exports.location",
            "Bucket builds are exported to",
        ),
        Column("build_exports_strategy_id", Kind.TEXT, "build_exports.strategy_id", "s3 or gcs"),
        Column(
            "build_exports_supported_strategies",
            Kind.JSON,
            "build_exports.supported_strategies",
            "Strategies to choose from, an array of text",
        ),
        *SEEN,
    ),
    omitted={
        "url": DERIVABLE_URL,
        **user_omissions("hosted_agents_terminal_access.enabled_by"),
        **user_omissions("public_pipeline_creation.enabled_by"),
        **user_omissions("advanced_queue_metrics.enabled_by"),
    },
    primary_key=("organization_id",),
)

EMOJIS = Table(
    name="emojis",
    description="One row per emoji an organization can use: Buildkite's and its own",
    documentation="https://buildkite.com/docs/apis/rest-api/emojis",
    columns=(
        Column("name", Kind.TEXT, "name", "Name, written :name: in texts", required=True),
        key(ORGANIZATION_ID),
        ORGANIZATION_SLUG,
        Column("aliases", Kind.JSON, "aliases", "Other names, an array of text"),
        Column("url", Kind.TEXT, "url", "Address of the image"),
        *SEEN,
    ),
    primary_key=("organization_id", "name"),
)
