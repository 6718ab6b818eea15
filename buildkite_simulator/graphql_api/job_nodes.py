"""Jobs as GraphQL sees them, a union of four types: what they are, not what they lead to."""

from functools import partial
from typing import Any

from buildkite_simulator.graphql_api.attachment_nodes import annotations
from buildkite_simulator.graphql_api.view import Sight
from buildkite_simulator.render.jobs import shown_state
from buildkite_simulator.world.environment import environment_of
from buildkite_simulator.world.model import Build, Job
from buildkite_simulator.world.state import is_retried

Node = dict[str, Any]
_TYPES = {
    "script": ("JobTypeCommand", "COMMAND"),
    "waiter": ("JobTypeWait", "WAIT"),
    "manual": ("JobTypeBlock", "BLOCK"),
    "trigger": ("JobTypeTrigger", "TRIGGER"),
}
_CAMEL = {
    "startedAt": "started_at",
    "finishedAt": "finished_at",
    "createdAt": "created_at",
    "scheduledAt": "scheduled_at",
    "runnableAt": "runnable_at",
    "expiredAt": "expired_at",
    "softFailed": "soft_failed",
    "signal": "signal",
    "brokenReason": "broken_reason",
    "retried": "retried",
    "retriesCount": "retries_count",
    "parallelGroupIndex": "parallel_group_index",
    "parallelGroupTotal": "parallel_group_total",
    "matrix": "matrix",
    "command": "command",
    "agentQueryRules": "agent_query_rules",
}


def jobs_of(sight: Sight, build: Build, arguments: dict[str, Any]) -> list[Job]:
    """Return the jobs of a build that are asked for, newest first."""
    rows = sorted(build.visible_jobs(sight.at), key=lambda job: (-job.created, -job.sequence))
    if not sight.context.switches.graphql_retried_jobs:
        rows = [job for job in rows if not is_retried(job, sight.at)]
    states, types = set(arguments.get("state") or ()), set(arguments.get("type") or ())
    passed = arguments.get("passed")
    return [
        job
        for job in rows
        if (not states or _state(sight, job) in states)
        and (not types or _TYPES[job.type][1] in types)
        and (passed is None or passed == _has_passed(sight, job))
    ]


def common_fields(sight: Sight, job: Job, fields: Node) -> Node:
    """Return what jobs of all types have; `fields` are those of REST."""
    step = job.chain.step
    node: Node = {
        "__typename": _TYPES[job.type][0],
        "id": fields["graphql_id"],
        "uuid": job.id,
        "label": step.label,
        "state": _state(sight, job),
        "step": (fields.get("step") or {"id": job.id}) | {"key": step.key},
    }
    node["step"]["uuid"] = node["step"]["id"]
    return node


def command_fields(sight: Sight, job: Job, fields: Node) -> Node:
    """Return what a command job has besides; `fields` are those of REST."""
    status, reason = fields["exit_status"], fields["signal_reason"]
    return {
        **{name: fields[key] for name, key in _CAMEL.items()},
        "url": fields["web_url"],
        "passed": _has_passed(sight, job),
        "exitStatus": None if status is None else str(status),
        "signalReason": reason and reason.upper(),
        "retryType": fields["retry_type"] and fields["retry_type"].upper(),
        "env": lambda _info: [f"{key}={value}" for key, value in environment_of(job).items()],
        "annotations": partial(annotations, sight, job.build, job),
    }


def _state(sight: Sight, job: Job) -> str:
    state = shown_state(job, sight.at, sight.context)
    return "FINISHED" if state in ("passed", "failed") else state.upper()


def _has_passed(sight: Sight, job: Job) -> bool:
    return shown_state(job, sight.at, sight.context) in ("passed", "unblocked")
