"""Step uploads of a build, while the API keeps them."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.collection import find
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.render.step_uploads import (
    has_step_uploads,
    step_upload_details,
    step_upload_rows,
)
from buildkite_simulator.world.model import Build


def list_step_uploads(call: Call) -> Response:
    """`GET …/builds/{number}/step-uploads`, perhaps of one job."""
    rows = step_upload_rows(_build(call), call.at, call.renderer.context)
    job = call.query.mapping("filter").get("source_job_id")
    if job:
        rows = [row for row in rows if row["source_job_id"] == job]
    links = ("self", "first", "prev", "next")
    return call.cursor_page(rows, lambda row: str(row["uuid"]), links=links, lenient=True)


def get_step_upload(call: Call) -> Response:
    """`GET …/step-uploads/{uuid}`, with its definition."""
    rows = step_upload_details(_build(call), call.at, call.renderer.context)
    return json_response(find(rows, "uuid", call.path["key"], "step upload"))


def _build(call: Call) -> Build:
    build = call.build
    if not has_step_uploads(build, call.at, call.renderer.context):
        raise ApiError(410, "Step uploads of this build are no longer available")
    return build
