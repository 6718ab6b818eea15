"""Builds and jobs, changed."""

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from buildkite_simulator.api.builds import build_by_itself
from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.world.model import Build


def create_build(call: Call) -> Response:
    """`POST …/builds`."""
    pipeline = call.pipeline
    sent = call.json_body()
    missing = [name for name in ("commit", "branch") if not sent.get(name)]
    if missing:
        errors = [{"field": name, "code": "missing"} for name in missing]
        raise ApiError(422, "Validation Failed", errors=errors)
    wanted = {"commit", "branch", "message", "author", "env", "meta_data"}
    fields: dict[str, Any] = {key: sent[key] for key in wanted & sent.keys()}
    if sent.get("pull_request_id"):
        fields["pull_request"] = {
            "id": str(sent["pull_request_id"]),
            "base": sent.get("pull_request_base_branch"),
            "repository": sent.get("pull_request_repository"),
        }
    build = call.world.create_build(
        pipeline.organization, pipeline, at=call.at, source="api", **fields
    )
    return _answer(call, build, 201)


def cancel_build(call: Call) -> Response:
    """`PUT …/cancel`."""
    return _answer(call, call.world.cancel_build(call.build, at=call.at))


def rebuild(call: Call) -> Response:
    """`PUT …/rebuild`: answers with the new build."""
    return _answer(call, call.world.rebuild(call.build, at=call.at))


def retry_failed_jobs(call: Call) -> Response:
    """`PUT …/retry_failed_jobs`."""
    build = call.build
    states = call.query.one("states") or call.json_body().get("states") or ""
    wanted = [state.strip() for state in str(states).split(",") if state.strip()]
    after = timedelta(seconds=call.switches.retries_appear_after)
    retried = call.world.retry_failed_jobs(build, wanted, at=call.at, after=after)
    return json_response(
        build_by_itself(call, build) | {"retried_jobs_count": len(retried)}, status=202
    )


def retry_job(call: Call) -> Response:
    """`PUT …/jobs/{job}/retry`: answers with the new job."""
    return json_response(call.renderer.job(call.world.retry_job(call.job, at=call.at), call.at))


def unblock_job(call: Call) -> Response:
    """`PUT …/jobs/{job}/unblock`."""
    job = call.job
    unblocker = call.json_body().get("unblocker")
    users = job.build.pipeline.organization.users
    by = next((user for user in users if user.id == unblocker), None)
    return json_response(call.renderer.job(call.world.unblock(job, at=call.at, by=by), call.at))


def _answer(call: Call, build: Build, status: int = 200) -> Response:
    return json_response(build_by_itself(call, build), status)
