"""Annotations, read and changed."""

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, invalid, json_response
from buildkite_simulator.render.annotations import annotation_fields
from buildkite_simulator.world.annotations import Annotation
from buildkite_simulator.world.model import Build, Job

_SCOPES = {"build": {"build"}, "job": {"job"}, "all": {"build", "job"}}


def list_build_annotations(call: Call) -> Response:
    """`GET …/builds/{number}/annotations`: build scope unless told otherwise."""
    wanted = call.query.one("scope") or "build"
    if wanted not in _SCOPES:
        raise invalid("scope")
    with_body = not call.query.flag("omit_body")
    notes = _ordered(call, call.build)
    return call.page(
        [note for note in notes if note.scope in _SCOPES[wanted]],
        lambda note: annotation_fields(note, call.renderer.context, with_body=with_body),
    )


def list_job_annotations(call: Call) -> Response:
    """`GET …/jobs/{job}/annotations`."""
    job = call.job
    return call.page(
        [note for note in _ordered(call, job.build) if note.job is job],
        lambda note: annotation_fields(note, call.renderer.context),
    )


def _ordered(call: Call, build: Build) -> list[Annotation]:
    notes = call.world.annotations(build, call.at)
    return notes if call.switches.annotation_order == "newest_first" else notes[::-1]


def annotate_build(call: Call) -> Response:
    """`POST …/builds/{number}/annotations`."""
    return _annotate(call, call.build)


def annotate_job(call: Call) -> Response:
    """`POST …/jobs/{job}/annotations`."""
    return _annotate(call, call.job)


def _annotate(call: Call, target: Build | Job) -> Response:
    sent = call.json_body()
    body = sent.get("body")
    if not isinstance(body, str):
        errors = [{"field": "body", "code": "missing"}]
        raise ApiError(422, "Validation Failed", errors=errors)
    priority = sent.get("priority", 3)
    if not isinstance(priority, int):
        raise invalid("priority")
    note = call.world.annotate(
        target,
        body,
        context=str(sent.get("context", "default")),
        style=sent.get("style"),
        priority=priority,
        append=sent.get("append") is True,
        at=call.at,
    )
    return json_response(annotation_fields(note, call.renderer.context), 201)


def delete_annotation(call: Call) -> Response:
    """`DELETE …/annotations/{uuid}`, of a build or a job."""
    job = call.job if "job" in call.path else None
    build = job.build if job else call.build
    if not any(
        note.id == call.path["uuid"] and note.job is job
        for note in call.world.annotations(build, call.at)
    ):
        raise ApiError(404, "No annotation found")
    call.world.remove_annotation(build, call.path["uuid"], at=call.at)
    return Response(status_code=204)
