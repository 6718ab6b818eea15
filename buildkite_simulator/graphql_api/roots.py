"""Where a query can begin."""

from base64 import b64decode
from typing import Any

from graphql import GraphQLError

from buildkite_simulator.graphql_api.attachment_nodes import annotation_node
from buildkite_simulator.graphql_api.nodes import (
    artifact_node,
    build_node,
    job_node,
    organization_node,
    pipeline_node,
)
from buildkite_simulator.graphql_api.view import Sight
from buildkite_simulator.instants import DAY, uuid_instant

Node = dict[str, Any]


def root_value(sight: Sight) -> Node:
    """Return the fields of `Query`."""

    def build(_info: Any, slug: str | None = None, uuid: str | None = None) -> Node | None:
        if (slug is None) == (uuid is None):
            raise GraphQLError("Give either `slug` or `uuid`")
        return build_node(sight, sight.build(slug) if slug else sight.build_of(uuid or ""))

    def pipeline(_info: Any, slug: str | None = None, uuid: str | None = None) -> Node | None:
        if (slug is None) == (uuid is None):
            raise GraphQLError("Give either `slug` or `uuid`")
        found = sight.pipeline(slug) if slug else sight.pipeline_of(uuid or "")
        return pipeline_node(sight, found) if found else None

    def organization(_info: Any, slug: str) -> Node | None:
        found = sight.organization(slug)
        return organization_node(sight, found) if found else None

    def job(_info: Any, uuid: str) -> Node | None:
        found = sight.job(uuid)
        return job_node(sight, found) if found else None

    def artifact(_info: Any, uuid: str) -> Node | None:
        found = sight.artifact(uuid)
        return artifact_node(sight, found) if found else None

    def node(_info: Any, id: str) -> Node | None:  # noqa: A002
        return _node(sight, id)

    return {
        "build": build,
        "pipeline": pipeline,
        "organization": organization,
        "job": job,
        "artifact": artifact,
        "node": node,
    }


def _node(sight: Sight, identity: str) -> Node | None:
    """Return what a node id `Type---uuid` in base64 stands for."""
    try:
        kind, _, uuid = b64decode(identity.encode(), validate=True).decode().partition("---")
    except ValueError:
        return None
    found: Node | None = None
    if kind == "Build":
        found = build_node(sight, sight.build_of(uuid))
    elif kind == "Job":
        job = sight.job(uuid)
        found = job_node(sight, job) if job else None
    elif kind == "Pipeline":
        pipeline = sight.pipeline_of(uuid)
        found = pipeline_node(sight, pipeline) if pipeline else None
    elif kind == "Organization":
        owners = [each for each in sight.world.organizations if each.id == uuid]
        found = next((organization_node(sight, each) for each in owners), None)
        found = found if owners and sight.token.sees(owners[0].slug) else None
    elif kind == "Artifact":
        artifact = sight.artifact(uuid)
        found = artifact_node(sight, artifact) if artifact else None
    elif kind == "Annotation":
        found = _annotation(sight, uuid)
    return found


def _annotation(sight: Sight, uuid: str) -> Node | None:
    """Search the builds of the month before the annotation's time-ordered id was made."""
    made = uuid_instant(uuid)
    if made is None:
        return None
    for build in sight.world.builds(since=made - 31 * DAY, until=made + 1):
        if sight.token.sees(build.pipeline.organization.slug):
            for note in sight.world.annotations(build, sight.at):
                if note.id == uuid:
                    return annotation_node(note)
    return None
