"""Builds and jobs, read."""

from collections import Counter

from starlette.responses import Response

from buildkite_simulator.api.build_filters import BuildFilter
from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.api.paging import numbered_page
from buildkite_simulator.render.jobs import promised_at, shown_state
from buildkite_simulator.render.test_engine import run_reference
from buildkite_simulator.world.model import Build, Job
from buildkite_simulator.world.state import is_retried

JOB_STATES = frozenset(
    {
        *("pending", "waiting", "waiting_failed", "blocked", "blocked_failed", "unblocked"),
        *("unblocked_failed", "limiting", "limited", "scheduled", "reserved", "assigned"),
        *("accepted", "running", "passed", "failed", "timing_out", "timed_out", "canceling"),
        *("canceled", "skipped", "broken", "expired", "platform_limiting", "platform_limited"),
    }
)


def list_all_builds(call: Call) -> Response:
    """`GET /v2/builds`: builds of every organization of the token."""
    chosen = BuildFilter.of(call.query, call.switches)
    builds = call.world.builds(since=chosen.created_from, until=chosen.created_to)
    seen = {organization.slug for organization in call.organizations}
    visible = [build for build in builds if build.pipeline.organization.slug in seen]
    return _build_list(call, chosen, visible)


def list_organization_builds(call: Call) -> Response:
    """`GET …/builds` of an organization."""
    organization = call.organization
    chosen = BuildFilter.of(call.query, call.switches)
    builds = call.world.builds(organization, since=chosen.created_from, until=chosen.created_to)
    return _build_list(call, chosen, builds)


def list_pipeline_builds(call: Call) -> Response:
    """`GET …/pipelines/{pipeline}/builds`."""
    pipeline = call.pipeline
    chosen = BuildFilter.of(call.query, call.switches)
    builds = call.world.builds(None, pipeline, since=chosen.created_from, until=chosen.created_to)
    return _build_list(call, chosen, builds)


def _build_list(call: Call, chosen: BuildFilter, builds: list[Build]) -> Response:
    matching = chosen.apply(builds, call.at)
    page, link = numbered_page(matching, call.url, call.query, call.switches, deep=True)
    with_jobs = not call.query.flag("exclude_jobs")
    with_pipeline = not call.query.flag("exclude_pipeline")
    with_retried = call.query.flag("include_retried_jobs")
    rows = [
        call.renderer.build(
            build,
            call.at,
            with_jobs=with_jobs,
            with_pipeline=with_pipeline,
            with_retried=with_retried,
        )
        for build in page
    ]
    response = json_response(b"[" + b",".join(rows) + b"]")
    if link:
        response.headers["Link"] = link
    return response


def get_build(call: Call) -> Response:
    """`GET …/builds/{number}`."""
    build = call.build
    whole = build_by_itself(call, build)
    if call.query.flag("include_test_engine"):
        runs = call.world.runs_of_build(build, call.at)
        whole["test_engine"] = {"runs": [run_reference(run) for run in runs]}
    return json_response(whole)


def build_by_itself(call: Call, build: Build) -> dict[str, object]:
    """Return a build as the single-build endpoints give it, with its job counts."""
    jobs = build.visible_jobs(call.at)
    if not call.query.flag("include_retried_jobs"):
        jobs = [job for job in jobs if not is_retried(job, call.at)]
    states = [shown_state(job, call.at, call.renderer.context) for job in jobs]
    wanted = set(call.query.many("job_states"))
    chosen = [job for job, state in zip(jobs, states, strict=True) if not wanted or state in wanted]
    whole = call.renderer.build_object(
        build,
        call.at,
        None if call.query.flag("exclude_jobs") else chosen,
        with_pipeline=not call.query.flag("exclude_pipeline"),
    )
    whole["job_state_counts"] = {"total": len(jobs), "states": dict(Counter(states))}
    return whole


def list_jobs(call: Call) -> Response:
    """`GET …/builds/{number}/jobs`: cursor pages, all attempts unless told otherwise."""
    build = call.build
    states = set(call.query.many("state"))
    if states - JOB_STATES:
        raise ApiError(400, f"Invalid state: {', '.join(sorted(states - JOB_STATES))}")
    jobs = sorted(build.visible_jobs(call.at), key=lambda job: (job.created, job.sequence))
    if not call.query.flag("include_retried_jobs", default=True):
        jobs = [job for job in jobs if not is_retried(job, call.at)]
    if states:
        jobs = [job for job in jobs if _listed_state(call, job) in states]
    for parameter, attribute in (("step_key", "key"), ("group_key", "group")):
        value = call.query.one(parameter)
        if value:
            jobs = [job for job in jobs if getattr(job.chain.step, attribute) == value]
    return call.cursor_page(jobs, lambda job: job.id, lambda job: call.renderer.job(job, call.at))


def get_job(call: Call) -> Response:
    """`GET …/jobs/{job}`, under a build or an organization."""
    return json_response(call.renderer.job(call.job, call.at))


def _listed_state(call: Call, job: Job) -> str:
    state = shown_state(job, call.at, call.renderer.context)
    declared = call.switches.early_failure_declarations and promised_at(job, call.at) is not None
    return "failed" if state == "running" and declared and not job.chain.step.soft else state
