"""Package registries."""

from buildkite_source.client import Body
from buildkite_source.tables import PACKAGES as PACKAGE_TABLE
from buildkite_source.tables import REGISTRIES, REGISTRY_TOKENS

from .model import Endpoint

_R = "packages/organizations/{organization_slug}/registries"

PACKAGES = (
    Endpoint(REGISTRIES, _R, "read_registries", noun="registry", group="packages"),
    Endpoint(
        REGISTRY_TOKENS,
        f"{_R}/{{registry_slug}}/tokens",
        "read_registries",
        parent="registries",
        group="packages",
    ),
    Endpoint(
        PACKAGE_TABLE,
        f"{_R}/{{registry_slug}}/packages",
        "read_packages",
        parent="registries",
        group="packages",
        body=Body.WRAPPED,
        newest="created_at",
    ),
)
