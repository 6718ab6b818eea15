"""Artifacts, read and deleted."""

import re

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, invalid, json_response
from buildkite_simulator.render.artifacts import artifact_fields
from buildkite_simulator.world.artifacts import STATES, Artifact


def list_build_artifacts(call: Call) -> Response:
    """`GET …/builds/{number}/artifacts`: of all attempts of all its jobs."""
    return _list(call, call.world.artifacts(call.build, call.at))


def list_job_artifacts(call: Call) -> Response:
    """`GET …/jobs/{job}/artifacts`."""
    return _list(call, call.world.artifacts(call.job, call.at))


def _list(call: Call, artifacts: list[Artifact]) -> Response:
    state, path = call.query.one("state"), call.query.one("path")
    if state and state not in STATES:
        raise invalid("state")
    retention = call.world.config.artifact_retention_days
    if not call.switches.expired_artifacts_listed:
        artifacts = [each for each in artifacts if each.state(call.at, retention) != "expired"]
    if state:
        artifacts = [each for each in artifacts if each.state(call.at, retention) == state]
    if path:
        pattern = re.compile(".*".join(map(re.escape, path.split("*"))), re.DOTALL)
        artifacts = [each for each in artifacts if pattern.fullmatch(each.path)]
    return call.page(artifacts, lambda artifact: _shown(call, artifact))


def get_artifact(call: Call) -> Response:
    """`GET …/artifacts/{artifact}`."""
    return json_response(_shown(call, _artifact(call)))


def download_artifact(call: Call) -> Response:
    """`GET …/artifacts/{artifact}/download`: points to the storage host."""
    artifact = _artifact(call)
    if artifact.state(call.at, call.world.config.artifact_retention_days) != "finished":
        raise ApiError(404, "No artifact found")
    url = call.storage.url_of(artifact, call.at, public=call.switches.artifact_bucket == "public")
    response = json_response({"url": url}, 302)
    response.headers["Location"] = url
    return response


def delete_artifact(call: Call) -> Response:
    """`DELETE …/artifacts/{artifact}`."""
    call.world.remove_artifact(_artifact(call))
    return Response(status_code=204)


def _artifact(call: Call) -> Artifact:
    for artifact in call.world.artifacts(call.job, call.at):
        if artifact.id == call.path["artifact"]:
            return artifact
    raise ApiError(404, "No artifact found")


def _shown(call: Call, artifact: Artifact) -> dict[str, object]:
    call.world.show([artifact])
    retention = call.world.config.artifact_retention_days
    return artifact_fields(artifact, call.at, call.renderer.context, retention)
