"""Organizations, pipelines, and what a token can find out about itself."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import json_response
from buildkite_simulator.instants import SECOND, as_datetime, iso, iso_seconds, spaced
from buildkite_simulator.render.people import organization_fields, user_fields


def list_organizations(call: Call) -> Response:
    """`GET /v2/organizations`."""
    context = call.renderer.context
    return call.page([organization_fields(each, context) for each in call.organizations])


def get_organization(call: Call) -> Response:
    """`GET /v2/organizations/{organization}`."""
    return json_response(organization_fields(call.organization, call.renderer.context))


def list_pipelines(call: Call) -> Response:
    """`GET …/pipelines`, by part of the name or repository."""
    name = (call.query.one("name") or "").lower()
    repository = (call.query.one("repository") or "").lower()
    return call.page(
        [
            call.renderer.pipeline(pipeline, call.at)
            for pipeline in call.world.pipelines(call.organization)
            if name in pipeline.name.lower()
            and repository in pipeline.repository.lower()
            and (pipeline.archived is None or call.switches.archived_pipelines_listed)
        ]
    )


def get_pipeline(call: Call) -> Response:
    """`GET …/pipelines/{pipeline}`."""
    return json_response(call.renderer.pipeline(call.pipeline, call.at))


def get_access_token(call: Call) -> Response:
    """`GET /v2/access-token`: needs no scope."""
    date = iso if call.switches.pipeline_dates == "iso" else spaced
    user = call.organizations[0].users[0] if call.organizations else None
    return json_response(
        {
            "uuid": call.token.uuid,
            "scopes": list(call.token.scopes),
            "description": "Simulated token",
            "created_at": date(call.token.created),
            "expires_at": date(call.token.expires),
            "user": {"name": user.name, "email": user.email} if user else None,
        }
    )


def get_user(call: Call) -> Response:
    """`GET /v2/user`."""
    users = call.organizations[0].users if call.organizations else []
    return json_response(user_fields(users[0] if users else None))


def get_rate_limit(call: Call) -> Response:
    """`GET …/rate_limit`: the organization's windows."""
    slug = call.organization.slug
    windows = {
        "rest": call.windows.usage("rest", slug, call.at),
        "graphql": call.points.usage("graphql", slug, call.at),
    }
    return json_response(
        {
            "scopes": {
                scope: {
                    "limit": usage.limit,
                    "current": usage.current,
                    "reset": usage.reset,
                    "reset_at": iso_seconds(call.at + usage.reset * SECOND),
                    "enforced": True,
                }
                for scope, usage in windows.items()
            }
        }
    )


def get_root(at: int) -> Response:
    """`GET /`: needs no token."""
    return json_response({"message": "👋", "timestamp": int(as_datetime(at).timestamp())})


def get_meta() -> Response:
    """`GET /v2/meta`: needs no token."""
    return json_response({"webhook_ips": ["192.0.2.0/24", "198.51.100.7"]})
