"""The fields of what an organization holds besides pipelines and builds, by dotted path and type.

Copied from Buildkite's documentation (a page per object) and the Go client's structs: not from
the tables under test. Objects are named as the tables that hold them.
"""

from .documented import AGENT, Fields, fields, user


def person(prefix: str, names: str = "id name email") -> Fields:
    """A user-like object of few keys."""
    return fields(f"{prefix}.", string=names)


IDENTITY = fields(string="id graphql_id url")
CREATED = {**fields(time="created_at"), **user("created_by")}

MEMBERS: dict[str, Fields] = {
    "organization_members": fields(string="id name email role sso_mode"),
    "invitations": {
        **IDENTITY,
        **fields(
            string="email state role sso_mode",
            json="teams",
            time="created_at accepted_at revoked_at expired_at",
        ),
        **person("created_by"),
        **person("accepted_by"),
        **person("revoked_by"),
    },
    "audit_events": fields(
        string="uuid graphql_id url type actor.type actor.uuid actor.name subject.type "
        "subject.uuid subject.name",
        time="occurred_at",
        json="context data",
    ),
}


def switch(name: str) -> Fields:
    return {
        **fields(f"{name}.", boolean="enabled", time="enabled_at"),
        **person(f"{name}.enabled_by", "id name"),
    }


SETTINGS: dict[str, Fields] = {
    "api_settings": fields(
        string="url allowed_ip_addresses",
        integer="revoke_inactive_tokens_after_days",
        boolean="restrict_user_api_token_creation features.api_ip_allow_list "
        "features.inactive_api_token_revocation",
    ),
    "pipeline_settings": {
        **fields(
            string="url default_branch default_cluster_id build_exports.location "
            "build_exports.strategy_id",
            integer="default_timeout_in_minutes maximum_timeout_in_minutes "
            "scheduled_job_expiry_in_minutes",
            boolean="build_exports.available build_exports.enabled",
            json="build_exports.supported_strategies",
        ),
        **switch("hosted_agents_terminal_access"),
        **switch("public_pipeline_creation"),
        **switch("advanced_queue_metrics"),
    },
    "emojis": fields(string="name url", json="aliases"),
}

CONNECTIONS: dict[str, Fields] = {
    "notification_services": {
        **IDENTITY,
        **CREATED,
        **fields(
            string="provider.id provider.name description scope branch_configuration",
            boolean="enabled build_states.build_passed build_states.build_fixed "
            "build_states.build_failed build_states.build_blocked build_states.build_canceled "
            "build_states.build_failing build_states.job_activated",
            json="scope_uuids settings",
        ),
    },
    "repository_connections": fields(
        string="id type display_name url service_account.login host.type host.url",
        integer="rate_limit.limit rate_limit.used rate_limit.remaining",
        time="rate_limit.reset_at",
    ),
    "repositories": fields(string="full_name html_url clone_url default_branch"),
}

TEAMS: dict[str, Fields] = {
    "teams": {
        **CREATED,
        **fields(
            string="id graphql_id name slug description privacy default_member_role",
            boolean="default members_can_create_pipelines members_can_create_suites "
            "members_can_create_registries members_can_destroy_registries "
            "members_can_destroy_packages",
        ),
    },
    "team_members": fields(string="user_id user_name role", time="created_at"),
    "team_pipelines": fields(string="pipeline_id pipeline_url access_level", time="created_at"),
    "team_suites": fields(string="suite_id suite_url", json="access_level", time="created_at"),
}

LISTED_AGENT = {
    **{path: kind for path, kind in AGENT.items() if path not in ("creator", "paused_by", "job")},
    **user("creator"),
    **user("paused_by"),
    **fields(string="job.id job.state", json="job.agent"),
}
AGENTS: dict[str, Fields] = {"agents": LISTED_AGENT, "agent_observations": LISTED_AGENT}

CLUSTERED = {**IDENTITY, **CREATED, **fields(string="cluster_url")}
PARENT_ORGANIZATION = fields("organization.", string="id slug url web_url")

CLUSTERS: dict[str, Fields] = {
    "clusters": {
        **IDENTITY,
        **CREATED,
        **fields(
            string="default_queue_id name description emoji color web_url queues_url "
            "default_queue_url",
            boolean="hosted_git_mirror_enabled hosted_container_cache_enabled",
            json="maintainers.users maintainers.teams",
        ),
    },
    "cluster_queues": {
        **CLUSTERED,
        **user("dispatch_paused_by"),
        **fields(
            string="key description web_url retry_agent_affinity dispatch_paused_note "
            "hosted_agents.instance_shape.machine_type hosted_agents.instance_shape.architecture "
            "hosted_agents.instance_shape.name",
            integer="hosted_agents.instance_shape.cpu hosted_agents.instance_shape.memory",
            boolean="dispatch_paused hosted",
            time="dispatch_paused_at",
            json="hosted_agents.platform_settings",
        ),
    },
    "cluster_tokens": {
        **CLUSTERED,
        **fields(string="description allowed_ip_addresses token", time="expires_at"),
    },
    "cluster_maintainers": fields(
        string="id actor.id actor.graphql_id actor.type actor.name actor.email actor.slug"
    ),
    "cluster_secrets": {
        **IDENTITY,
        **PARENT_ORGANIZATION,
        **person("created_by"),
        **person("updated_by"),
        **fields(
            string="key description policy cluster_url", time="created_at updated_at last_read_at"
        ),
    },
    "agent_images": fields(
        string="id name status image_ref last_build_error dockerfile base_image "
        "composed_dockerfile url web_url cluster_url",
        integer="version",
    ),
    "network_ranges": fields(string="cidr_range kind"),
    "cache_volumes": fields(
        string="id tag cluster_id", integer="size_mb", time="created_at attached_at detached_at"
    ),
}

AUTOMATION: dict[str, Fields] = {
    "pipeline_schedules": {
        **IDENTITY,
        **CREATED,
        **fields(
            string="label cronline message commit branch failed_message pipeline.id "
            "pipeline.slug pipeline.url",
            boolean="enabled",
            time="next_build_at failed_at",
            json="env",
        ),
    },
    "github_webhooks": {
        **fields(string="url", boolean="enabled", time="disabled_at"),
        **user("disabled_by"),
    },
    "pipeline_templates": {
        **CREATED,
        **user("updated_by"),
        **fields(
            string="uuid graphql_id name description configuration url web_url",
            boolean="available",
            time="updated_at",
        ),
    },
    "rules": {
        **CREATED,
        **fields(
            string="uuid graphql_id organization_uuid url type source_type source_uuid "
            "target_type target_uuid effect action"
        ),
    },
    "portals": {
        **CREATED,
        **fields(
            string="uuid slug organization_uuid name description query allowed_ip_addresses token",
            boolean="user_invokable",
        ),
    },
    "step_uploads": fields(
        string="uuid graphql_id url state source source_job_id rejection_type message "
        "definition_yaml",
        boolean="replace_existing_steps definition_yaml_omitted",
        integer="created_jobs_count definition_bytes",
        time="created_at processed_at",
    ),
}


def limit(scope: str) -> Fields:
    return fields(
        f"scopes.{scope}.", integer="limit current reset", time="reset_at", boolean="enforced"
    )


ACCOUNT: dict[str, Fields] = {
    "current_user": fields(string="id graphql_id name email avatar_url", time="created_at"),
    "access_tokens": fields(
        string="uuid description user.name user.email", json="scopes", time="created_at expires_at"
    ),
    "meta": fields(json="webhook_ips"),
    "rate_limits": {**limit("rest"), **limit("graphql")},
}

TEST = fields(string="id url web_url scope name location file_name", json="labels")
TEST_ENGINE: dict[str, Fields] = {
    "suites": fields(
        string="id graphql_id organization_id slug name url web_url default_branch "
        "application_name color emoji oidc_policy api_token"
    ),
    "test_runs": fields(
        string="id branch commit_sha state result url web_url build_id", time="created_at"
    ),
    "failed_executions": fields(
        string="execution_id run_id test_id run_name commit_sha branch failure_reason location "
        "test_name run_url test_url test_execution_url",
        number="duration",
        time="created_at",
        json="failure_expanded tags",
    ),
    "tests": {
        **TEST,
        **fields(
            number="reliability duration_avg duration_sum duration_min duration_max",
            integer="executions_count executions_count_by_result.passed "
            "executions_count_by_result.failed executions_count_by_result.skipped "
            "executions_count_by_result.pending executions_count_by_result.unknown",
        ),
    },
    "muted_tests": TEST,
    "skipped_tests": TEST,
}

PARENT_REGISTRY = fields("registry.", string="id graphql_id slug url web_url name")
PACKAGES: dict[str, Fields] = {
    "registries": fields(
        string="id graphql_id slug url web_url name ecosystem description emoji color oidc_policy",
        boolean="public",
        json="team_ids",
    ),
    "registry_tokens": {
        **IDENTITY,
        **CREATED,
        **PARENT_ORGANIZATION,
        **PARENT_REGISTRY,
        **fields(string="description token"),
    },
    "packages": {
        **PARENT_ORGANIZATION,
        **PARENT_REGISTRY,
        **fields(
            string="id url web_url name version variant digests.sha256 digests.sha512",
            time="created_at",
            json="metadata",
        ),
    },
}

DOCUMENTED: dict[str, Fields] = {
    **MEMBERS,
    **SETTINGS,
    **CONNECTIONS,
    **TEAMS,
    **AGENTS,
    **CLUSTERS,
    **AUTOMATION,
    **ACCOUNT,
    **TEST_ENGINE,
    **PACKAGES,
}
