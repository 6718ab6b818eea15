"""Jobs as JSON: four types, each with fields of its own."""

from typing import Any

from buildkite_simulator.instants import iso, time_ordered_uuid
from buildkite_simulator.render.agents import agent_fields, agent_reference
from buildkite_simulator.render.context import Context, build_web_url, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.model import Job
from buildkite_simulator.world.stages import ASSIGNED_BEFORE
from buildkite_simulator.world.state import is_blocking, is_retried, job_state


def job_fields(
    job: Job, at: int, context: Context, *, embedded: bool = True, state: str | None = None
) -> dict[str, Any]:
    """Render an attempt as it is at an instant.

    Embedded in a build a job of a group carries `group_key`; in the jobs list it does not.
    """
    shown = state or shown_state(job, at, context)
    fields: dict[str, Any] = {
        "id": job.id,
        "graphql_id": graphql_id("Job", job.id),
        "type": job.type,
    }
    if job.type == "script":
        fields |= _script(job, at, context, shown)
    elif job.type == "waiter":
        fields |= _waiter(job, at, context, shown)
    elif job.type == "manual":
        fields |= _manual(job, at, context, shown)
    else:
        fields |= _trigger(job, at, context, shown)
    if embedded and job.chain.step.group and job.type != "waiter":
        fields["group_key"] = job.chain.step.group
    return fields


def shown_state(job: Job, at: int, context: Context) -> str:
    """Return the state REST shows of an attempt."""
    state = job_state(job, at)
    hidden = state in ("limiting", "limited") and context.switches.limited_shown_as_scheduled
    return "scheduled" if hidden else state


def promised_at(job: Job, at: int) -> int | None:
    """Return when a job declared its failure early, if it has."""
    if job.fate.promised_after is None or job.started is None or job.result != "failed":
        return None
    promised = job.started + job.fate.promised_after
    return promised if promised <= at else None


def _script(job: Job, at: int, context: Context, state: str) -> dict[str, Any]:
    chain, step, build = job.chain, job.chain.step, job.build
    url = f"{context.build_url(build)}/jobs/{job.id}"
    fields = {
        "name": step.label,
        "step_key": step.key,
        "state": state,
        "step": _step_reference(job),
        "priority": {"number": 0},
        "agent_query_rules": [f"queue={step.queue}"],
        "build_url": context.build_url(build),
        "web_url": f"{build_web_url(build)}#{job.id}",
        "log_url": f"{url}/log",
        "raw_log_url": f"{url}/log.txt",
        "artifacts_url": f"{url}/artifacts",
        "command": step.command,
        **_ending_fields(job, at, state),
        "artifact_paths": step.artifact_paths,
        "agent": _assigned_agent(job, at, context),
        **_time_fields(job, at, state),
        "retried": is_retried(job, at),
        **_retry_fields(job, at),
        "parallel_group_index": chain.index,
        "parallel_group_total": step.parallelism,
        "matrix": chain.matrix,
        **_cluster_fields(job, context),
    }
    promised = promised_at(job, at)
    if promised is not None:
        fields |= {"promised_exit_status": 1, "promised_exit_status_at": iso(promised)}
    return fields


def _ending_fields(job: Job, at: int, state: str) -> dict[str, Any]:
    fate, over = job.fate, _past(job.finished, at) is not None
    as_fated = over and state == fate.result
    return {
        "soft_failed": over and state == "failed" and job.chain.step.soft,
        "exit_status": fate.exit_status if over and state in ("passed", "failed") else None,
        "signal": fate.signal if as_fated else None,
        "signal_reason": fate.signal_reason if as_fated else None,
        "broken_reason": fate.broken_reason if state == "broken" else None,
    }


def _time_fields(job: Job, at: int, state: str) -> dict[str, Any]:
    finished = iso(_past(job.finished, at))
    return {
        "created_at": iso(job.created),
        "scheduled_at": iso(_scheduled(job)),
        "runnable_at": iso(_past(job.runnable, at)),
        "started_at": iso(_past(job.started, at)),
        "finished_at": finished,
        "expired_at": finished if state == "expired" else None,
        "concurrency_wait_time_ms": _concurrency_wait(job, at),
    }


def _cluster_fields(job: Job, context: Context) -> dict[str, Any]:
    organization = job.build.pipeline.organization
    queue = organization.queues[job.chain.step.queue]
    url = f"{context.organization_url(organization)}/clusters/{queue.cluster_id}"
    return {
        "cluster_id": queue.cluster_id,
        "cluster_url": url,
        "cluster_queue_id": queue.id,
        "cluster_queue_url": f"{url}/queues/{queue.id}",
    }


def _assigned_agent(job: Job, at: int, context: Context) -> dict[str, Any] | None:
    if job.agent is None or job.started is None or at < job.started - ASSIGNED_BEFORE:
        return None
    organization = job.build.pipeline.organization
    if context.switches.job_agent == "brief":
        return agent_reference(job.agent, organization, context)
    return agent_fields(job.agent, at, organization, context)


def _retry_fields(job: Job, at: int) -> dict[str, Any]:
    retried = is_retried(job, at)
    earlier = job.chain.attempts.index(job)
    source = job.previous and {"job_id": job.previous.id, "retry_type": job.retry_type}
    return {
        "retried_in_job_id": job.next.id if retried and job.next else None,
        "retries_count": earlier or None,
        "retry_source": source,
        "retry_type": job.next.retry_type if retried and job.next else None,
        "retried_by": user_fields(job.retried_by) if retried else None,
    }


def _waiter(job: Job, at: int, context: Context, state: str) -> dict[str, Any]:
    if context.switches.waiter_fields == "bare":
        return {}
    fields = {"name": None, "step_key": job.chain.step.key, "state": state}
    return fields | _gate_times(job, at, context)


def _manual(job: Job, at: int, context: Context, state: str) -> dict[str, Any]:
    unblocked = _past(job.unblocked, at)
    fields = {
        "label": job.chain.step.label,
        "step_key": job.chain.step.key,
        "state": state,
        "web_url": None,
        "unblocked_by": user_fields(job.unblocked_by) if unblocked is not None else None,
        "unblocked_at": iso(unblocked),
        "unblockable": is_blocking(job, at),
        "unblock_url": f"{context.build_url(job.build)}/jobs/{job.id}/unblock",
    }
    return fields | _gate_times(job, at, context)


def _gate_times(job: Job, at: int, context: Context) -> dict[str, Any]:
    if not context.switches.gate_times:
        return {}
    over = _past(job.finished if job.type == "waiter" else job.unblocked, at)
    return {
        "created_at": iso(job.created),
        "scheduled_at": iso(_scheduled(job)),
        "runnable_at": iso(_past(job.ready, at)),
        "started_at": None,
        "finished_at": iso(over),
    }


def _trigger(job: Job, at: int, context: Context, state: str) -> dict[str, Any]:
    child = job.child if job.child and job.child.created <= at else None
    return {
        "name": job.chain.step.label,
        "step_key": job.chain.step.key,
        "state": state,
        "step": _step_reference(job),
        "build_url": context.build_url(job.build),
        "web_url": f"{build_web_url(job.build)}#{job.id}",
        "created_at": iso(job.created),
        "scheduled_at": iso(_scheduled(job)),
        "runnable_at": iso(_past(job.runnable, at)),
        "started_at": iso(_past(job.started, at)),
        "finished_at": iso(_past(job.finished, at)),
        "async": job.chain.step.is_async,
        "triggered_build": child
        and {
            "id": child.id,
            "number": child.number,
            "url": context.build_url(child),
            "web_url": build_web_url(child),
        },
    }


def _step_reference(job: Job) -> dict[str, Any]:
    """A step has a new id in every build, shared by its parallel jobs and retries."""
    build = job.build
    step_id = time_ordered_uuid(build.created, build.id, "step", job.chain.position)
    return {"id": step_id, "signature": None}


def _past(moment: int | None, at: int) -> int | None:
    return moment if moment is not None and moment <= at else None


def _scheduled(job: Job) -> int:
    """Jobs of an uploaded pipeline have the uploading job's time, before their own creation."""
    build = job.build
    first = build.chains[0]
    uploaded = build.pipeline.uploads and job.chain is not first and job.previous is None
    return first.attempts[0].created if uploaded and first.attempts else job.created


def _concurrency_wait(job: Job, at: int) -> int | None:
    if job.chain.step.concurrency_group is None or _past(job.runnable, at) is None:
        return None
    return job.fate.concurrency
