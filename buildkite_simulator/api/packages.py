"""Package registries, their tokens and packages."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.render.packages import (
    listed_package_fields,
    package_fields,
    registry_fields,
    registry_token_fields,
)
from buildkite_simulator.world.packages import (
    Package,
    Registry,
    packages_of,
    registries_of,
    tokens_of,
)


def list_registries(call: Call) -> Response:
    """`GET …/registries`."""
    organization, context = call.organization, call.renderer.context
    return call.unclear_page(
        registries_of(organization),
        lambda registry: registry_fields(registry, organization, call.at, context),
    )


def get_registry(call: Call) -> Response:
    """`GET …/registries/{registry}`."""
    registry, organization, context = _registry(call), call.organization, call.renderer.context
    return json_response(registry_fields(registry, organization, call.at, context))


def list_tokens(call: Call) -> Response:
    """`GET …/registries/{registry}/tokens`."""
    registry, organization, context = _registry(call), call.organization, call.renderer.context
    return call.unclear_page(
        tokens_of(registry, organization),
        lambda token: registry_token_fields(token, registry, organization, context),
    )


def get_token(call: Call) -> Response:
    """`GET …/registries/{registry}/tokens/{token}`."""
    registry, organization, context = _registry(call), call.organization, call.renderer.context
    for token in tokens_of(registry, organization):
        if token.id == call.path["token"]:
            return json_response(registry_token_fields(token, registry, organization, context))
    raise ApiError(404, "No token found")


def list_packages(call: Call) -> Response:
    """`GET …/registries/{registry}/packages`: cursor pages, newest first."""
    registry, organization, context = _registry(call), call.organization, call.renderer.context
    name = call.query.one("name")
    packages = [each for each in _packages(call, registry) if not name or each.name == name]
    return call.cursor_page(
        packages,
        lambda package: package.id,
        lambda package: listed_package_fields(package, registry, organization, context),
        lenient=True,
    )


def get_package(call: Call) -> Response:
    """`GET …/registries/{registry}/packages/{package}`."""
    registry, organization, context = _registry(call), call.organization, call.renderer.context
    for package in _packages(call, registry):
        if package.id == call.path["package"]:
            return json_response(package_fields(package, registry, organization, context))
    raise ApiError(404, "No package found")


def _registry(call: Call) -> Registry:
    for registry in registries_of(call.organization):
        if registry.slug == call.path["registry"]:
            return registry
    raise ApiError(404, "No registry found")


def _packages(call: Call, registry: Registry) -> list[Package]:
    return packages_of(registry, call.world.builds(call.organization), call.at)
