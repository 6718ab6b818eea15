"""What leads from one thing to another in GraphQL: organizations down to artifacts, and back."""

from functools import partial
from typing import Any

from buildkite_simulator.graphql_api.attachment_nodes import (
    annotations,
    artifact_fields,
    artifacts_of,
)
from buildkite_simulator.graphql_api.audit_nodes import audit_events
from buildkite_simulator.graphql_api.connections import connection
from buildkite_simulator.graphql_api.job_nodes import command_fields, common_fields, jobs_of
from buildkite_simulator.graphql_api.view import Sight, moment
from buildkite_simulator.instants import NEVER, iso
from buildkite_simulator.render.builds import build_fields
from buildkite_simulator.render.context import build_web_url, graphql_id
from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.world.artifacts import Artifact
from buildkite_simulator.world.model import Build, Job, Organization, Pipeline
from buildkite_simulator.world.people import User

Node = dict[str, Any]
_MOST_META_DATA = 10_000


def organization_node(sight: Sight, organization: Organization) -> Node:
    """Return an organization."""
    return {
        "__typename": "Organization",
        "id": graphql_id("Organization", organization.id),
        "uuid": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "pipelines": partial(_pipelines, sight, organization),
        "auditEvents": partial(audit_events, sight, organization),
    }


def pipeline_node(sight: Sight, pipeline: Pipeline) -> Node:
    """Return a pipeline."""
    return {
        "__typename": "Pipeline",
        "id": graphql_id("Pipeline", pipeline.id),
        "uuid": pipeline.id,
        "name": pipeline.name,
        "slug": pipeline.slug,
        "organization": lambda _info: organization_node(sight, pipeline.organization),
        "builds": partial(_builds, sight, pipeline),
    }


def user_node(user: User | None) -> Node | None:
    """Return a user."""
    if user is None:
        return None
    return {
        "__typename": "User",
        "id": graphql_id("User", user.id),
        "uuid": user.id,
        "name": user.name,
        "email": user.email,
    }


def build_node(sight: Sight, build: Build | None) -> Node | None:
    """Return a build that is shown, its fields made only when asked for."""
    if build is None or build.shown_from > sight.at:
        return None
    fields = build_fields(build, sight.at, sight.context)
    blocked = fields["blocked"]
    started_by = build.triggered_by
    return {
        "__typename": "Build",
        "id": fields["graphql_id"],
        "uuid": build.id,
        "number": build.number,
        "state": "BLOCKED" if blocked else fields["state"].upper(),
        "blockedState": "PASSED" if blocked else None,
        "branch": build.branch,
        "commit": build.commit,
        "message": build.message,
        "url": build_web_url(build),
        "env": [f"{name}={value}" for name, value in build.env.items()],
        "cancelReason": build.cancel_reason,
        "createdAt": iso(build.created),
        "scheduledAt": fields["scheduled_at"],
        "startedAt": fields["started_at"],
        "failingAt": fields["failing_at"],
        "finishedAt": fields["finished_at"],
        "createdBy": user_node(build.creator),
        "rebuiltFrom": lambda _info: build_node(sight, build.rebuilt_from),
        "triggeredFrom": lambda _info: (
            job_node(sight, started_by)
            if started_by and started_by.build.shown_from <= sight.at
            else None
        ),
        "metaData": partial(_meta_data, build),
        "pipeline": lambda _info: pipeline_node(sight, build.pipeline),
        "organization": lambda _info: organization_node(sight, build.pipeline.organization),
        "annotations": partial(annotations, sight, build, None),
        "jobs": partial(_jobs, sight, build),
    }


def job_node(sight: Sight, job: Job) -> Node:
    """Return a job of any type."""
    fields = job_fields(job, sight.at, sight.context)
    node = common_fields(sight, job, fields)
    if job.type == "script":
        node |= command_fields(sight, job, fields)
        node |= {
            "artifacts": partial(_artifacts, sight, job),
            "build": lambda _info: build_node(sight, job.build),
            "pipeline": lambda _info: pipeline_node(sight, job.build.pipeline),
        }
    elif job.type == "manual":
        node |= {
            "isUnblockable": fields["unblockable"],
            "unblockedAt": fields["unblocked_at"],
            "unblockedBy": user_node(job.unblocked_by) if fields["unblocked_at"] else None,
        }
    elif job.type == "trigger":
        child = job.child if fields["triggered_build"] else None
        node |= {
            "async": job.chain.step.is_async,
            "triggered": lambda _info: build_node(sight, child),
        }
    return node


def artifact_node(sight: Sight, artifact: Artifact) -> Node:
    """Return an artifact."""
    return {
        **artifact_fields(sight, artifact),
        "job": lambda _info: job_node(sight, artifact.job),
    }


def _pipelines(sight: Sight, organization: Organization, _info: Any, **arguments: Any) -> Node:
    rows = sight.world.pipelines(organization)
    if arguments.get("order", "").startswith("NAME"):
        rows = sorted(rows, key=lambda pipeline: pipeline.name)
    search, archived = (arguments.get("search") or "").lower(), arguments.get("archived")
    rows = [
        pipeline
        for pipeline in rows
        if search in pipeline.name.lower()
        and (archived is None or archived == (pipeline.archived is not None))
    ]
    return connection(rows, partial(pipeline_node, sight), lambda row: row.id, arguments)


def _builds(sight: Sight, pipeline: Pipeline, _info: Any, **arguments: Any) -> Node:
    since, until = moment(arguments.get("createdAtFrom"), 0), arguments.get("createdAtTo")
    rows = sight.world.builds(None, pipeline, since=since, until=moment(until, NEVER))
    branches = [
        pipeline.default_branch if branch == "%default" else branch
        for branch in arguments.get("branch") or ()
    ]
    commits, states = arguments.get("commit"), set(arguments.get("state") or ())
    rows = [
        build
        for build in rows
        if (not branches or build.branch in branches)
        and (not commits or build.commit in commits)
        and (not states or (build_node(sight, build) or {})["state"] in states)
    ]
    return connection(rows, lambda row: build_node(sight, row) or {}, lambda row: row.id, arguments)


def _jobs(sight: Sight, build: Build, _info: Any, **arguments: Any) -> Node:
    rows = jobs_of(sight, build, arguments)
    return connection(rows, partial(job_node, sight), lambda row: row.id, arguments)


def _artifacts(sight: Sight, job: Job, _info: Any, **arguments: Any) -> Node:
    rows = artifacts_of(sight, job, arguments)
    return connection(rows, partial(artifact_node, sight), lambda row: row.id, arguments)


def _meta_data(build: Build, _info: Any, **arguments: Any) -> Node:
    rows = [{"key": key, "value": str(value)} for key, value in build.meta_data.items()]
    return connection(rows, dict, lambda row: row["key"], arguments, _MOST_META_DATA)
