"""What the API reference says of every list of the organization side."""

from typing import NamedTuple


class Case(NamedTuple):
    """A list: its path under the organization, scope, paging, key of an object, fields."""

    name: str
    path: str
    scope: str
    paging: str
    key: str | None
    fields: str

    @property
    def parent(self) -> str | None:
        """What the rows belong to besides the organization."""
        return self.path.partition("{")[2].partition("}")[0] or None


CASES = [
    Case("agents", "agents", "read_agents", "numbers", "id",
         "id graphql_id url web_url name connection_state hostname ip_address user_agent version "
         "creator created_at job priority meta_data os_id arch queue connected_at "
         "disconnected_at lost_at stopped_at last_job_finished_at paused paused_at paused_by "
         "paused_note paused_timeout_in_minutes"),
    Case("organization_members", "members", "read_organizations", "unclear", "id",
         "id name email role sso_mode"),
    Case("invitations", "invitations", "read_organization_invitations", "cursor", "id",
         "id graphql_id url email state role sso_mode teams created_at created_by accepted_at "
         "accepted_by revoked_at revoked_by expired_at"),
    Case("audit_events", "audit_events", "read_audit_events", "cursor", "uuid",
         "uuid graphql_id url type occurred_at actor subject context data"),
    Case("notification_services", "services", "read_notification_services", "cursor", "id",
         "id graphql_id url provider description enabled scope scope_uuids branch_configuration "
         "build_states settings created_at created_by"),
    Case("repository_connections", "repository_connections",
         "read_organization_repository_connections", "none", "id", "id type display_name url"),
    Case("repositories", "repository_connections/{repository_connection}/repositories",
         "read_organization_repository_connections", "unclear", None,
         "full_name html_url clone_url default_branch"),
    Case("emojis", "emojis", "", "none", None, "name url aliases"),
    Case("pipeline_templates", "pipeline-templates", "read_pipeline_templates", "unclear", "uuid",
         "uuid graphql_id name description configuration available url web_url created_at "
         "created_by updated_at updated_by"),
    Case("rules", "rules", "read_rules", "numbers", "uuid",
         "uuid graphql_id organization_uuid url type source_type source_uuid target_type "
         "target_uuid effect action created_at created_by"),
    Case("portals", "portals", "read_portals", "numbers", "slug",
         "uuid slug organization_uuid name description query allowed_ip_addresses user_invokable "
         "created_at created_by"),
    Case("pipeline_schedules", "pipelines/{pipeline}/schedules", "read_pipelines", "numbers",
         "id",
         "id graphql_id url label cronline message commit branch env enabled next_build_at "
         "failed_message failed_at created_at created_by pipeline"),
    Case("teams", "teams", "read_teams", "numbers", "id",
         "id graphql_id name slug description privacy default created_at created_by "
         "default_member_role members_can_create_pipelines members_can_create_suites "
         "members_can_create_registries members_can_destroy_registries "
         "members_can_destroy_packages"),
    Case("team_members", "teams/{team}/members", "read_teams", "unclear", "user_id",
         "user_id user_name role created_at"),
    Case("team_pipelines", "teams/{team}/pipelines", "read_teams", "numbers", "pipeline_id",
         "pipeline_id pipeline_url access_level created_at"),
    Case("team_suites", "teams/{team}/suites", "read_teams", "unclear", "suite_id",
         "suite_id suite_url access_level created_at"),
    Case("clusters", "clusters", "read_clusters", "numbers", "id",
         "id graphql_id default_queue_id name description emoji color maintainers url web_url "
         "queues_url default_queue_url created_at created_by"),
    Case("cluster_queues", "clusters/{cluster}/queues", "read_clusters", "numbers", "id",
         "id graphql_id key description url web_url cluster_url retry_agent_affinity "
         "dispatch_paused dispatch_paused_by dispatch_paused_at dispatch_paused_note created_at "
         "created_by hosted hosted_agents"),
    Case("cluster_tokens", "clusters/{cluster}/tokens", "read_clusters", "numbers", "id",
         "id graphql_id description allowed_ip_addresses expires_at url cluster_url created_at "
         "created_by"),
    Case("cluster_maintainers", "clusters/{cluster}/maintainers", "read_clusters", "unclear",
         "id", "id actor"),
    Case("cluster_secrets", "clusters/{cluster}/secrets", "read_secrets_details", "numbers",
         "id",
         "id graphql_id key description policy url cluster_url created_at created_by updated_at "
         "updated_by last_read_at organization"),
    Case("agent_images", "clusters/{cluster}/agent-images", "read_clusters", "none", "id",
         "id name status image_ref version last_build_error dockerfile base_image "
         "composed_dockerfile url web_url cluster_url"),
    Case("network_ranges", "clusters/{cluster}/network_ranges", "read_clusters", "none", None,
         "cidr_range kind"),
    Case("cache_volumes", "clusters/{cluster}/cache_volumes", "read_clusters", "none", None,
         "id tag cluster_id size_mb created_at attached_at detached_at"),
    Case("step_uploads", "pipelines/storefront/builds/{build}/step-uploads", "read_builds",
         "cursor", "uuid",
         "uuid graphql_id url state source source_job_id replace_existing_steps "
         "created_jobs_count rejection_type message created_at processed_at"),
]  # fmt: skip

SINGLE = [
    Case("api_settings", "api-settings", "read_organization_settings", "none", None,
         "url allowed_ip_addresses revoke_inactive_tokens_after_days "
         "restrict_user_api_token_creation features"),
    Case("pipeline_settings", "pipeline-settings", "read_organization_settings", "none", None,
         "url default_branch default_cluster_id default_timeout_in_minutes "
         "maximum_timeout_in_minutes scheduled_job_expiry_in_minutes "
         "hosted_agents_terminal_access public_pipeline_creation advanced_queue_metrics "
         "build_exports"),
    Case("rate_limits", "rate_limit", "read_accounts", "none", None, "scopes"),
]  # fmt: skip
