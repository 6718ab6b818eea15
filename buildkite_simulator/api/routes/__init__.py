"""Every endpoint: method, path, needed scope, handler; an area a module."""

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from buildkite_simulator.api.routes import core, organization, test_engine
from buildkite_simulator.api.routes.endpoint import Endpoint

_TABLE = (
    *core.ENDPOINTS,
    *organization.ENDPOINTS,
    *test_engine.ENDPOINTS,
)


def _unused(_: object) -> Response:
    raise NotImplementedError


_ROUTES = [(Route(each.path, _unused, methods=[each.method]), each) for each in _TABLE]


def find_endpoint(scope: Scope) -> tuple[Endpoint, dict[str, str]] | None:
    """Return the endpoint of a request and the parameters in its path."""
    for route, endpoint in _ROUTES:
        match, found = route.matches(scope)
        if match is Match.FULL:
            return endpoint, found["path_params"]
    return None
