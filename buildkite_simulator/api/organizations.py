"""Organizations, pipelines, and what a token can find out about itself."""

from starlette.responses import Response

from buildkite_simulator.api.accounts import access_token_fields, rate_limit_fields
from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.instants import as_datetime
from buildkite_simulator.render.people import meta_fields, organization_fields, user_fields
from buildkite_simulator.render.schedules import github_webhook_fields


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
    user = call.organizations[0].users[0] if call.organizations else None
    return json_response(access_token_fields(call.token, user, call.switches))


def get_user(call: Call) -> Response:
    """`GET /v2/user`."""
    users = call.organizations[0].users if call.organizations else []
    return json_response(user_fields(users[0] if users else None))


def get_rate_limit(call: Call) -> Response:
    """`GET …/rate_limit`: the organization's windows."""
    slug = call.organization.slug
    return json_response(rate_limit_fields(call.windows, call.points, slug, call.at))


def get_github_webhook(call: Call) -> Response:
    """`GET …/pipelines/{pipeline}/github-webhooks`: 404 unless enrolled."""
    pipeline = call.pipeline
    if not call.switches.github_webhooks_enrolled or "github.com" not in pipeline.repository:
        raise ApiError(404, "Not Found")
    return json_response(github_webhook_fields(pipeline))


def get_root(at: int) -> Response:
    """`GET /`: needs no token."""
    return json_response({"message": "👋", "timestamp": int(as_datetime(at).timestamp())})


def get_meta() -> Response:
    """`GET /v2/meta`: needs no token."""
    return json_response(meta_fields())
