"""What is kept of an event, in one form: from webhook bodies and from EventBridge envelopes.

Field names of both are in Buildkite's documentation:
https://buildkite.com/docs/apis/webhooks and
https://buildkite.com/docs/pipelines/integrations/observability/amazon-eventbridge
"""

import codecs
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from buildkite_source.tables.events import AGENT_TIMES, BUILD_TIMES, JOB_TIMES
from buildkite_source.tables.model import url_part
from buildkite_source.tables.times import parse_time

# One event: names of columns of the table `events`, values as JSON has them.
Event = dict[str, Any]

# What tells that a build has come to an end, or to a block.
FINISHED = "build.finished"

_LONGEST = 255
_LARGEST = 2**63 - 1
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# What an event of a webhook is called by EventBridge; others keep their name.
_TWINS = {
    "Build Created": "build.scheduled",
    "Build Started": "build.running",
    "Build Failing": "build.failing",
    "Build Finished": "build.finished",
    "Build Blocked": "build.finished",
    "Job Scheduled": "job.scheduled",
    "Job Started": "job.started",
    "Job Finished": "job.finished",
    "Job Activated": "job.activated",
    "Job Promised Exit Status": "job.promised_exit_status",
    "Agent Connected": "agent.connected",
    "Agent Disconnected": "agent.disconnected",
    "Agent Lost": "agent.lost",
    "Agent Stopping": "agent.stopping",
    "Agent Stopped": "agent.stopped",
    "Agent Blocked": "agent.blocked",
    "Cluster Token Registration Blocked": "cluster_token.registration_blocked",
    "Audit Event Logged": "audit_event.logged",
}
# The time at which it happened, where the payload tells it.
_HAPPENED = {
    "build.scheduled": "build_created_at",
    "build.running": "build_started_at",
    "build.failing": "build_failing_at",
    "build.finished": "build_finished_at",
    "job.scheduled": "job_runnable_at",
    "job.started": "job_started_at",
    "job.finished": "job_finished_at",
    "job.activated": "job_unblocked_at",
    "job.promised_exit_status": "job_promised_exit_status_at",
    "agent.connected": "agent_connected_at",
    "agent.disconnected": "agent_disconnected_at",
    "agent.lost": "agent_lost_at",
}
# What an event is about, beside a build, job or agent.
_OTHERS = ("cluster_token", "package", "service", "event")
_organization_of: Callable[[Any], Any] = url_part("organizations")
_pipeline_of: Callable[[Any], Any] = url_part("pipelines")


class MalformedEventError(ValueError):
    """This is no event: no JSON object, or without a name."""


def event_of(body: bytes, received_at: datetime, name: str | None = None) -> Event:
    """Return what is kept of an event.

    Nothing that is secret or names people is taken, and no text longer than 255 characters.

    Args:
        body: A webhook's body, or EventBridge's envelope; told apart by `detail-type`.
        received_at: When it arrived.
        name: Its name, where the body has none (the header `X-Buildkite-Event`).

    Raises:
        MalformedEventError: It is none. An event of an unknown name is one.
    """
    try:
        # Editors and shells begin a file with a byte order mark, which is no part of JSON.
        sent = orjson.loads(body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise MalformedEventError(f"it is no JSON: {error}") from None
    if not isinstance(sent, dict):
        raise MalformedEventError("it is no JSON object")
    envelope = "detail-type" in sent
    payload = _object(sent, "detail") if envelope else sent
    kind = _text(sent.get("detail-type")) if envelope else _text(sent.get("event")) or _text(name)
    if not kind:
        raise MalformedEventError("it has no name")
    event: Event = {"event": _TWINS.get(kind, kind) if envelope else kind}
    _whose(event, payload)
    _build(event, _object(payload, "build"), kind)
    _job(event, _object(payload, "job"))
    _agent(event, _object(payload, "agent"))
    event["object_id"] = _about(event, payload)
    happened = event.get(_HAPPENED.get(event["event"], ""))
    event["occurred_at"] = happened or (_time(sent.get("time")) if envelope else None)
    # Whoever sends an event twice sends the same names, ids, states and times.
    identity = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
    event["id"] = hashlib.sha256(identity).hexdigest()
    event["sent_by"] = "eventbridge" if envelope else "webhook"
    event["received_at"] = received_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return event


def _whose(event: Event, payload: Mapping[str, Any]) -> None:
    """Take organization and pipeline, from where they are named or out of an address."""
    organization, pipeline = _object(payload, "organization"), _object(payload, "pipeline")
    registry = _object(_object(payload, "package"), "organization")
    urls = [_object(payload, name).get("url") for name in ("build", "pipeline", "agent")]
    texts = [url for url in urls if isinstance(url, str)]
    slugs = (organization.get("slug"), registry.get("slug"), *map(_organization_of, texts))
    event["organization_id"] = _id(organization) or _id(registry)
    event["organization_slug"] = next(filter(None, map(_text, slugs)), None)
    event["pipeline_id"] = _id(pipeline)
    # A pipeline can be renamed: an address of the build may be older than the pipeline's slug.
    slug = next(filter(None, map(_pipeline_of, texts)), None)
    event["pipeline_slug"] = _text(pipeline.get("slug")) or _text(slug)


def _build(event: Event, build: Mapping[str, Any], kind: str) -> None:
    blocked, state = build.get("blocked"), _text(build.get("state"))
    event["build_id"] = _id(build)
    event["build_number"] = _integer(build.get("number"))
    event["build_state"] = state
    if kind == "Build Blocked" or state == "blocked":
        blocked = True
    event["build_blocked"] = blocked if isinstance(blocked, bool) else None
    for name in BUILD_TIMES:
        event[f"build_{name}"] = _time(build.get(name))


def _job(event: Event, job: Mapping[str, Any]) -> None:
    event["job_id"] = _id(job)
    event["job_type"] = _text(job.get("type"))
    event["job_step_key"] = _text(job.get("step_key"))
    event["job_state"] = _text(job.get("state"))
    event["job_exit_status"] = _integer(job.get("exit_status"))
    for name in JOB_TIMES:
        event[f"job_{name}"] = _time(job.get(name))


def _agent(event: Event, agent: Mapping[str, Any]) -> None:
    event["agent_id"] = _id(agent)
    event["agent_name"] = _text(agent.get("name"))
    event["agent_connection_state"] = _text(agent.get("connection_state"))
    for name in AGENT_TIMES:
        event[f"agent_{name}"] = _time(agent.get(name))


def _about(event: Event, payload: Mapping[str, Any]) -> str | None:
    """Return the id of what an event is about."""
    others = (_id(_object(payload, name)) for name in _OTHERS)
    own = {"build": "build_id", "job": "job_id", "agent": "agent_id"}
    known = event.get(own.get(event["event"].partition(".")[0], ""))
    return known or next(filter(None, others), None)


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _id(thing: Mapping[str, Any]) -> str | None:
    """Return an id: webhooks call it `id`, EventBridge `uuid`."""
    return _text(thing.get("id")) or _text(thing.get("uuid"))


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return _CONTROLS.sub("", value[:_LONGEST]) or None


def _integer(value: Any) -> int | None:
    plain = isinstance(value, int) and not isinstance(value, bool)
    return value if plain and abs(value) <= _LARGEST else None


def _time(value: Any) -> str | None:
    """Return a time of either form as the tables take it, or None."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        return parse_time(value).isoformat().replace("+00:00", "Z")
    except ValueError:
        return None
