"""Package registries, their tokens and packages as JSON."""

from buildkite_simulator.instants import iso, iso_seconds
from buildkite_simulator.render.context import WEB, Context, Row, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.packages import Package, Registry, RegistryToken
from buildkite_simulator.world.teams import teams_holding


def registry_fields(
    registry: Registry, organization: Organization, at: int, context: Context
) -> Row:
    """Render a registry."""
    return {
        **_registry_reference(registry, organization, context),
        "name": registry.name,
        "ecosystem": registry.ecosystem,
        "description": registry.description,
        "emoji": registry.emoji,
        "color": registry.color,
        "public": registry.is_public,
        "oidc_policy": None,
        "team_ids": [team.id for team in teams_holding(registry.id, organization, at)],
    }


def registry_token_fields(
    token: RegistryToken, registry: Registry, organization: Organization, context: Context
) -> Row:
    """Render a registry's token, without its secret."""
    reference = _registry_reference(registry, organization, context)
    return {
        "id": token.id,
        "graphql_id": graphql_id("RegistryToken", token.id),
        "description": token.description,
        "url": f"{reference['url']}/tokens/{token.id}",
        "created_at": iso(token.created),
        "created_by": user_fields(token.created_by),
        "organization": _organization_reference(organization, context),
        "registry": reference,
    }


def listed_package_fields(
    package: Package, registry: Registry, organization: Organization, context: Context
) -> Row:
    """Render a package of a list."""
    return {
        **_package_reference(package, registry, organization, context),
        "created_at": iso_seconds(package.created),
        "version": package.version,
        "digests": package.digests,
    }


def package_fields(
    package: Package, registry: Registry, organization: Organization, context: Context
) -> Row:
    """Render a package by itself."""
    return {
        **_package_reference(package, registry, organization, context),
        "version": package.version,
        "variant": None,
        "metadata": {},
        "digests": package.digests,
        "organization": _organization_reference(organization, context),
        "registry": _registry_reference(registry, organization, context),
    }


def _package_reference(
    package: Package, registry: Registry, organization: Organization, context: Context
) -> Row:
    reference = _registry_reference(registry, organization, context)
    return {
        "id": package.id,
        "url": f"{reference['url']}/packages/{package.id}",
        "web_url": f"{reference['web_url']}/packages/{package.id}",
        "name": package.name,
    }


def _registry_reference(registry: Registry, organization: Organization, context: Context) -> Row:
    path = f"organizations/{organization.slug}"
    return {
        "id": registry.id,
        "graphql_id": graphql_id("Registry", registry.id),
        "slug": registry.slug,
        "url": f"{context.base_url}/packages/{path}/registries/{registry.slug}",
        "web_url": f"{WEB}/{path}/packages/registries/{registry.slug}",
    }


def _organization_reference(organization: Organization, context: Context) -> Row:
    return {
        "id": organization.id,
        "slug": organization.slug,
        "url": context.organization_url(organization),
        "web_url": f"{WEB}/{organization.slug}",
    }
