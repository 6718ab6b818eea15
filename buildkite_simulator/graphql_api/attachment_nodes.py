"""Annotations and artifacts as GraphQL sees them."""

import re
from typing import Any

from buildkite_simulator.graphql_api.connections import connection
from buildkite_simulator.graphql_api.view import Sight
from buildkite_simulator.instants import DAY, iso
from buildkite_simulator.render.context import graphql_id
from buildkite_simulator.world.annotations import Annotation
from buildkite_simulator.world.artifacts import Artifact
from buildkite_simulator.world.model import Build, Job

Node = dict[str, Any]


def annotations(sight: Sight, build: Build, job: Job | None, _info: Any, **arguments: Any) -> Node:
    """Return `Build.annotations`, in build scope unless asked otherwise, or those of a job."""
    rows = sight.world.annotations(build, sight.at)
    if job is None:
        scopes = arguments.get("scope") or ["BUILD"]
        rows = [note for note in rows if note.scope.upper() in scopes]
    else:
        rows = [note for note in rows if note.job is job]
    if arguments.get("style"):
        rows = [note for note in rows if _style(note) in arguments["style"]]
    if arguments.get("order") == "PRIORITY_RECENTLY_CREATED":
        rows = sorted(rows, key=lambda note: -note.priority)
    return connection(rows, annotation_node, lambda note: note.id, arguments)


def annotation_node(note: Annotation) -> Node:
    """Return an annotation."""
    return {
        "__typename": "Annotation",
        "id": graphql_id("Annotation", note.id),
        "uuid": note.id,
        "context": note.context,
        "style": _style(note),
        "scope": note.scope.upper(),
        "priority": note.priority,
        "createdAt": iso(note.created),
        "updatedAt": iso(note.updated),
        "body": {"html": note.html, "text": note.text},
    }


def artifacts_of(sight: Sight, job: Job, arguments: dict[str, Any]) -> list[Artifact]:
    """Return the artifacts of a job that are asked for; they can be asked for by id from now on."""
    rows = sight.world.artifacts(job, sight.at)
    if arguments.get("state"):
        rows = [each for each in rows if _state(sight, each).upper() in arguments["state"]]
    if arguments.get("path"):
        pattern = re.compile(".*".join(map(re.escape, arguments["path"].split("*"))), re.DOTALL)
        rows = [each for each in rows if pattern.fullmatch(each.path)]
    sight.world.show(rows)
    return rows


def artifact_fields(sight: Sight, artifact: Artifact) -> Node:
    """Return an artifact without its job."""
    sums, retention = artifact.sums(), sight.world.config.artifact_retention_days
    public = sight.context.switches.artifact_bucket == "public"
    return {
        "__typename": "Artifact",
        "id": graphql_id("Artifact", artifact.id),
        "uuid": artifact.id,
        "path": artifact.path,
        "mimeType": artifact.mime_type,
        "size": sums.size,
        "sha1sum": sums.sha1,
        "sha256sum": sums.sha256,
        "state": _state(sight, artifact),
        "expiresAt": iso(artifact.uploaded + retention * DAY),
        "downloadURL": sight.storage.url_of(artifact, sight.at, public=public, good_for=600),
    }


def _state(sight: Sight, artifact: Artifact) -> str:
    return artifact.state(sight.at, sight.world.config.artifact_retention_days)


def _style(note: Annotation) -> str:
    return (note.style or "default").upper()
