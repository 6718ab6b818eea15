"""Clusters and what every one of them has: queues, agent tokens, maintainers, secrets."""

from .context import CLUSTER_ID, ORGANIZATION, SEEN
from .model import (
    DERIVABLE_URL,
    GRAPHQL_ID,
    Column,
    Kind,
    Table,
    user_columns,
    user_omissions,
)

CLUSTERS = Table(
    name="clusters",
    description="One row per cluster of an organization",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters",
    columns=(
        Column("id", Kind.TEXT, "id", "Cluster id (UUID)", required=True),
        *ORGANIZATION,
        Column("name", Kind.TEXT, "name", "Display name"),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column("emoji", Kind.TEXT, "emoji", "Emoji shown beside the name"),
        Column("color", Kind.TEXT, "color", "Colour shown beside the name"),
        Column(
            "default_queue_id",
            Kind.TEXT,
            "default_queue_id",
            "Queue of jobs that name none; joins cluster_queues.id",
        ),
        Column(
            "hosted_git_mirror_enabled",
            Kind.BOOLEAN,
            "hosted_git_mirror_enabled",
            "Hosted agents clone from a mirror; null unless the token's user manages the cluster",
        ),
        Column(
            "hosted_container_cache_enabled",
            Kind.BOOLEAN,
            "hosted_container_cache_enabled",
            "Hosted agents cache images; null unless the token's user manages the cluster",
        ),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "queues_url": DERIVABLE_URL,
        "default_queue_url": DERIVABLE_URL,
        "maintainers": "in the cluster_maintainers table",
        **user_omissions("created_by"),
    },
)

CLUSTER_QUEUES = Table(
    name="cluster_queues",
    description="One row per queue of a cluster",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters/queues",
    columns=(
        Column("id", Kind.TEXT, "id", "Queue id (UUID)", required=True),
        *ORGANIZATION,
        CLUSTER_ID,
        Column("key", Kind.TEXT, "key", "Name in agent_query_rules: queue=key"),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column(
            "retry_agent_affinity",
            Kind.TEXT,
            "retry_agent_affinity",
            "Agents a retry goes to: prefer-warmest or prefer-different",
        ),
        Column("dispatch_paused", Kind.BOOLEAN, "dispatch_paused", "Gives out no jobs for now"),
        Column("dispatch_paused_at", Kind.TIMESTAMP, "dispatch_paused_at", "When it was paused"),
        *user_columns("dispatch_paused_by", "Who paused it"),
        Column("dispatch_paused_note", Kind.TEXT, "dispatch_paused_note", "Why it was paused"),
        Column("hosted", Kind.BOOLEAN, "hosted", "Its agents are run by Buildkite"),
        Column(
            "machine_type",
            Kind.TEXT,
            "hosted_agents.instance_shape.machine_type",
            "Hosted agents: operating system",
        ),
        Column(
            "architecture",
            Kind.TEXT,
            "hosted_agents.instance_shape.architecture",
            "Hosted agents: processor architecture",
        ),
        Column("cpu", Kind.INTEGER, "hosted_agents.instance_shape.cpu", "Hosted agents: cores"),
        Column("memory", Kind.INTEGER, "hosted_agents.instance_shape.memory", "Hosted agents: GB"),
        Column(
            "instance_shape",
            Kind.TEXT,
            "hosted_agents.instance_shape.name",
            "Hosted agents: name of the machine's size",
        ),
        Column(
            "platform_settings",
            Kind.JSON,
            "hosted_agents.platform_settings",
            "Hosted agents: settings of the platform",
        ),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "cluster_url": DERIVABLE_URL,
        **user_omissions("dispatch_paused_by"),
        **user_omissions("created_by"),
    },
)

CLUSTER_TOKENS = Table(
    name="cluster_tokens",
    description="One row per agent token of a cluster: never the token itself",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters/agent-tokens",
    columns=(
        Column("id", Kind.TEXT, "id", "Token id (UUID)", required=True),
        *ORGANIZATION,
        CLUSTER_ID,
        Column("description", Kind.TEXT, "description", "Free text"),
        Column(
            "allowed_ip_addresses",
            Kind.TEXT,
            "allowed_ip_addresses",
            "Networks its agents may connect from",
        ),
        Column("expires_at", Kind.TIMESTAMP, "expires_at", "When it stops working; null = never"),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "cluster_url": DERIVABLE_URL,
        "token": "a credential, only sent on creation: kept nowhere",
        **user_omissions("created_by"),
    },
)

CLUSTER_MAINTAINERS = Table(
    name="cluster_maintainers",
    description="One row per user or team that maintains a cluster",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters/maintainers",
    columns=(
        Column("id", Kind.TEXT, "id", "Id (UUID) of the link", required=True),
        *ORGANIZATION,
        CLUSTER_ID,
        Column("actor_type", Kind.TEXT, "actor.type", "user or team"),
        Column("actor_id", Kind.TEXT, "actor.id", "User or team; joins teams.id"),
        Column("actor_name", Kind.TEXT, "actor.name", "Name of the user or team", personal=True),
        Column("actor_email", Kind.TEXT, "actor.email", "E-mail of a user", personal=True),
        Column("actor_slug", Kind.TEXT, "actor.slug", "Slug of a team"),
        *SEEN,
    ),
    omitted={"actor.graphql_id": GRAPHQL_ID},
)

CLUSTER_SECRETS = Table(
    name="cluster_secrets",
    description="One row per secret of a cluster: never its value, which the API does not tell",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters/secrets",
    columns=(
        Column("id", Kind.TEXT, "id", "Secret id (UUID)", required=True),
        *ORGANIZATION,
        CLUSTER_ID,
        Column("key", Kind.TEXT, "key", "Name jobs ask for it by"),
        Column("description", Kind.TEXT, "description", "Free text"),
        Column("policy", Kind.TEXT, "policy", "Which jobs may read it, YAML"),
        *user_columns("created_by", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        *user_columns("updated_by", "Who changed it last"),
        Column("updated_at", Kind.TIMESTAMP, "updated_at", "When it was last changed"),
        Column("last_read_at", Kind.TIMESTAMP, "last_read_at", "When a job last read it"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "cluster_url": DERIVABLE_URL,
        "organization": "its id and slug are columns",
        **user_omissions("created_by"),
        **user_omissions("updated_by"),
    },
)
