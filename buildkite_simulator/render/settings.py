"""Settings and emojis of an organization, as JSON."""

from buildkite_simulator.instants import DAY, iso
from buildkite_simulator.render.context import Context, Row
from buildkite_simulator.render.people import reference
from buildkite_simulator.world.model import Organization

_EMOJIS = ("docker", "rocket", "pipeline", "test_tube", "jest", "go", "python", "terraform")
_PARTY = 112


def api_settings_rows(organization: Organization, _at: int, context: Context) -> list[Row]:
    """Render the API settings."""
    return [
        {
            "url": f"{context.organization_url(organization)}/api-settings",
            "allowed_ip_addresses": None,
            "revoke_inactive_tokens_after_days": 180,
            "restrict_user_api_token_creation": False,
            "features": {"api_ip_allow_list": True, "inactive_api_token_revocation": True},
        }
    ]


def pipeline_settings_rows(organization: Organization, _at: int, context: Context) -> list[Row]:
    """Render the settings that all pipelines share."""
    off = {"enabled": False, "enabled_at": None, "enabled_by": None}
    on = {
        "enabled": True,
        "enabled_at": iso(organization.created + 10 * DAY),
        "enabled_by": reference(organization.users[0], "id", "name"),
    }
    return [
        {
            "url": f"{context.organization_url(organization)}/pipeline-settings",
            "default_branch": "main",
            "default_cluster_id": organization.queues["default"].cluster_id,
            "default_timeout_in_minutes": 60,
            "maximum_timeout_in_minutes": 240,
            "scheduled_job_expiry_in_minutes": 43_200,
            "hosted_agents_terminal_access": off,
            "public_pipeline_creation": off,
            "advanced_queue_metrics": on,
            "build_exports": {
                "available": True,
                "enabled": False,
                "location": None,
                "strategy_id": None,
                "supported_strategies": ["s3", "gcs"],
            },
        }
    ]


def emoji_rows(organization: Organization, _at: int, _context: Context) -> list[Row]:
    """Render the emojis: more than a page would hold, for they are not paged."""
    base = f"https://buildkiteassets.com/emojis/{organization.slug}"
    known = [
        {"name": name, "url": f"{base}/{name}.png", "aliases": [f"{name}_logo"]} for name in _EMOJIS
    ]
    party = [f"party-{position}" for position in range(1, _PARTY + 1)]
    return known + [{"name": name, "url": f"{base}/{name}.gif"} for name in party]
