"""Builds as JSON, without their jobs and pipeline."""

from typing import Any

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import Context, build_web_url, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.model import Build
from buildkite_simulator.world.state import finished_at, started_at, state, view


def build_fields(build: Build, at: int, context: Context) -> dict[str, Any]:
    """Render a build as it is at an instant."""
    switches = context.switches
    seen = view(build, at)
    fields: dict[str, Any] = {
        "id": build.id,
        "graphql_id": graphql_id("Build", build.id),
        "url": context.build_url(build),
        "web_url": build_web_url(build),
        "number": build.number,
        "state": state(seen, switches),
        "blocked": seen.blocked,
        "cancel_reason": build.cancel_reason,
        "message": build.message,
        "commit": build.commit,
        "branch": build.branch,
        "env": build.env,
        "source": build.source,
        "creator": user_fields(build.creator),
        "created_at": iso(build.created),
        "scheduled_at": iso(build.created - 31),
        "started_at": iso(started_at(seen, switches)),
        "failing_at": iso(build.failing_at)
        if build.failing_at is not None and build.failing_at <= at
        else None,
        "finished_at": iso(finished_at(build, seen, switches)),
        "meta_data": build.meta_data,
        "pull_request": build.pull_request,
        "merge_queue": build.merge_queue_base and {"base_branch": build.merge_queue_base},
        "rebuilt_from": build.rebuilt_from and _reference(build.rebuilt_from, context),
        "triggered_from": build.triggered_by and _parent(build.triggered_by.build),
    }
    if switches.author_present:
        fields["author"] = build.author
    if switches.recorded_only_fields:
        fields["tag"] = build.tag
        fields["blocked_state"] = "passed" if seen.blocked else ""
    return fields


def _reference(build: Build, context: Context) -> dict[str, Any]:
    return {"id": build.id, "number": build.number, "url": context.build_url(build)}


def _parent(build: Build) -> dict[str, Any]:
    return {
        "build_id": build.id,
        "build_number": build.number,
        "build_pipeline_slug": build.pipeline.slug,
    }
