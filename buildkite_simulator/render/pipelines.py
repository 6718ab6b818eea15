"""Pipelines as JSON."""

import json
from typing import Any

from buildkite_simulator.instants import NEVER, iso, spaced
from buildkite_simulator.render.context import Context, graphql_id, pipeline_web_url
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.model import Pipeline, Step
from buildkite_simulator.world.state import SETTLED_JOB_STATES, job_state, view

Counters = dict[str, int]


def pipeline_fields(pipeline: Pipeline, counters: Counters, context: Context) -> dict[str, Any]:
    """Render a pipeline with its live counters."""
    url = context.pipeline_url(pipeline)
    date = iso if context.switches.pipeline_dates == "iso" else spaced
    fields: dict[str, Any] = {
        "id": pipeline.id,
        "graphql_id": graphql_id("Pipeline", pipeline.id),
        "url": url,
        "web_url": pipeline_web_url(pipeline),
        "name": pipeline.name,
        "description": pipeline.description,
        "slug": pipeline.slug,
        "repository": pipeline.repository,
        "cluster_id": pipeline.cluster_id,
        "branch_configuration": None,
        "default_branch": pipeline.default_branch,
        "skip_queued_branch_builds": pipeline.skip_queued,
        "skip_queued_branch_builds_filter": "!main" if pipeline.skip_queued else None,
        "cancel_running_branch_builds": pipeline.cancel_running,
        "cancel_running_branch_builds_filter": "!main" if pipeline.cancel_running else None,
        "allow_rebuilds": True,
        "provider": _provider(pipeline),
        "builds_url": f"{url}/builds",
        "badge_url": f"https://badge.buildkite.com/{pipeline.id.replace('-', '')}.svg",
        "created_by": user_fields(pipeline.created_by),
        "created_at": date(pipeline.created),
        "archived_at": date(pipeline.archived),
        "env": None,
        **counters,
        "visibility": pipeline.visibility,
        "tags": pipeline.tags,
        "steps": [_step(step) for step in _shown_steps(pipeline)],
        "configuration": pipeline.configuration or steps_yaml(_shown_steps(pipeline)),
    }
    if context.switches.optional_pipeline_fields:
        fields |= {
            "pipeline_template_uuid": None,
            "clone_mirror_url": None,
            "default_command_step_timeout": None,
            "maximum_command_step_timeout": None,
            "color": pipeline.color,
            "emoji": pipeline.emoji,
        }
    return fields | pipeline.settings


def live_counters(pipeline: Pipeline, at: int) -> tuple[Counters, int]:
    """Count what is scheduled, running and waiting in a pipeline, and say until when it holds."""
    until = NEVER
    builds = {"scheduled": 0, "running": 0}
    jobs = {"scheduled": 0, "running": 0, "waiting": 0}
    for build in pipeline.builds:
        if build.shown_from > at:
            until = min(until, build.shown_from)
            continue
        seen = view(build, at)
        until = min(until, seen.until)
        if not seen.is_open:
            continue
        builds["scheduled" if seen.state in ("creating", "scheduled") else "running"] += 1
        for job in build.visible_jobs(at):
            state = job_state(job, at)
            if job.type != "script" or state in SETTLED_JOB_STATES:
                continue
            waits = state in ("waiting", "blocked", "limited")
            runs = state in ("running", "canceling", "timing_out")
            jobs["waiting" if waits else "running" if runs else "scheduled"] += 1
    counters = {
        "scheduled_builds_count": builds["scheduled"],
        "running_builds_count": builds["running"],
        "scheduled_jobs_count": jobs["scheduled"],
        "running_jobs_count": jobs["running"],
        "waiting_jobs_count": jobs["waiting"],
    }
    return counters, until


def _shown_steps(pipeline: Pipeline) -> tuple[Step, ...]:
    """A pipeline whose first step uploads the others knows only that step."""
    return pipeline.steps[:1] if pipeline.uploads else pipeline.steps


def _provider(pipeline: Pipeline) -> dict[str, Any]:
    repository = pipeline.repository.removeprefix("git@github.com:").removesuffix(".git")
    return {
        "id": "github",
        "webhook_url": "",
        "settings": {
            "trigger_mode": "code",
            "repository": repository,
            "build_pull_requests": True,
            "build_branches": True,
            "build_tags": False,
            "build_pull_request_forks": False,
            "skip_pull_request_builds_for_existing_commits": True,
            "skip_builds_for_existing_commits": False,
            "cancel_deleted_branch_builds": False,
            "publish_commit_status": True,
            "publish_commit_status_per_step": False,
            "filter_enabled": False,
            "filter_condition": "",
            "pull_request_branch_filter_configuration": "",
        },
    }


def _step(step: Step) -> dict[str, Any]:
    if step.type == "waiter":
        return {"type": "waiter"}
    if step.type == "manual":
        return {"type": "manual", "label": step.label}
    if step.type == "trigger":
        return {
            "type": "trigger",
            "label": step.label,
            "trigger_project_slug": step.trigger,
            "trigger_commit": None,
            "trigger_branch": None,
            "trigger_async": step.is_async,
        }
    return {
        "type": "script",
        "name": step.label,
        "command": step.command,
        "artifact_paths": step.artifact_paths,
        "branch_configuration": step.branches,
        "env": dict(step.env),
        "timeout_in_minutes": step.timeout_minutes,
        "agent_query_rules": [f"queue={step.queue}"],
        "concurrency": 1 if step.concurrency_group else None,
        "parallelism": step.parallelism,
    }


def steps_yaml(steps: tuple[Step, ...]) -> str:
    """Write steps as a pipeline file has them."""
    lines = ["steps:"]
    for step in steps:
        if step.type == "waiter":
            lines.append("  - wait")
            continue
        kind = {"manual": "block", "trigger": "trigger"}.get(step.type, "label")
        lines.append(f"  - {kind}: {json.dumps(step.trigger or step.label)}")
        if step.key:
            lines.append(f"    key: {json.dumps(step.key)}")
        if step.command:
            lines.append(f"    command: {json.dumps(step.command)}")
        if step.parallelism:
            lines.append(f"    parallelism: {step.parallelism}")
    return "\n".join(lines) + "\n"
