"""Pipelines, changed."""

from typing import Any

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, invalid, json_response
from buildkite_simulator.world.model import Pipeline
from buildkite_simulator.world.pipeline_files import steps_of_list, steps_of_text

# Names of the API, and those of the world.
_FIELDS = {
    "name": "name",
    "slug": "slug",
    "repository": "repository",
    "cluster_id": "cluster_id",
    "description": "description",
    "default_branch": "default_branch",
    "tags": "tags",
    "emoji": "emoji",
    "color": "color",
    "visibility": "visibility",
    "skip_queued_branch_builds": "skip_queued",
    "cancel_running_branch_builds": "cancel_running",
}
# Shown as they were sent.
_SETTINGS = (
    "allow_rebuilds",
    "branch_configuration",
    "cancel_running_branch_builds_filter",
    "default_command_step_timeout",
    "env",
    "maximum_command_step_timeout",
    "skip_queued_branch_builds_filter",
)


def create_pipeline(call: Call) -> Response:
    """`POST …/pipelines`; which fields are required follows from their list and a switch."""
    organization, sent = call.organization, call.json_body()
    required = ["name", "repository"]
    if call.switches.new_pipelines_need_cluster:
        required.append("cluster_id")
    missing = [name for name in required if not sent.get(name)]
    if not (sent.get("configuration") or sent.get("steps")):
        missing.append("configuration")
    if missing:
        errors = [{"field": name, "code": "missing"} for name in missing]
        raise ApiError(422, "Validation Failed", errors=errors)
    fields = _fields(call, sent)
    slug = fields.pop("slug", None) or "-".join(str(sent["name"]).lower().split())
    if any(each.slug == slug for each in organization.pipelines):
        raise ApiError(422, "Slug has already been taken")
    pipeline = call.world.add_pipeline(organization, slug, at=call.at, **fields)
    return _answer(call, pipeline, 201)


def update_pipeline(call: Call) -> Response:
    """`PATCH …/pipelines/{pipeline}`."""
    pipeline = call.pipeline
    return _answer(call, call.world.update_pipeline(pipeline, _fields(call, call.json_body())))


def delete_pipeline(call: Call) -> Response:
    """`DELETE …/pipelines/{pipeline}`."""
    pipeline = call.pipeline
    call.world.delete_pipeline(pipeline.organization, pipeline)
    return Response(status_code=204)


def archive_pipeline(call: Call) -> Response:
    """`POST …/archive`."""
    pipeline = _archivable(call, archived=True)
    return _answer(call, call.world.archive_pipeline(pipeline.organization, pipeline, at=call.at))


def unarchive_pipeline(call: Call) -> Response:
    """`POST …/unarchive`."""
    pipeline = _archivable(call, archived=False)
    return _answer(call, call.world.unarchive_pipeline(pipeline.organization, pipeline))


def _archivable(call: Call, *, archived: bool) -> Pipeline:
    pipeline = call.pipeline
    if not call.switches.user_may_archive:
        raise ApiError(403, "Forbidden")
    if call.switches.archiving_again == "refused" and archived == (pipeline.archived is not None):
        raise ApiError(422, f"Pipeline is {'already' if archived else 'not'} archived")
    return pipeline


def _fields(call: Call, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the world's pipeline that were sent, or refuse them."""
    fields = {_FIELDS[name]: value for name, value in sent.items() if name in _FIELDS}
    for name in ("name", "slug", "repository"):
        if name in fields and not (isinstance(fields[name], str) and fields[name]):
            raise invalid(name)
    clusters = {cluster.id for cluster in call.organization.clusters.values()}
    if fields.get("cluster_id") and fields["cluster_id"] not in clusters:
        raise invalid("cluster_id")
    settings = {name: sent[name] for name in _SETTINGS if name in sent}
    if settings:
        fields["settings"] = settings
    configuration = sent.get("configuration")
    try:
        if configuration:
            fields |= {"steps": steps_of_text(configuration), "configuration": configuration}
        elif sent.get("steps"):
            fields |= {"steps": steps_of_list(sent["steps"]), "configuration": None}
    except ValueError:
        raise invalid("configuration" if configuration else "steps") from None
    return fields


def _answer(call: Call, pipeline: Pipeline, status: int = 200) -> Response:
    return json_response(call.renderer.pipeline(pipeline, call.at), status)
