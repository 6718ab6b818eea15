"""Annotations as JSON."""

from typing import Any

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import Context
from buildkite_simulator.world.annotations import Annotation


def annotation_fields(
    note: Annotation, context: Context, *, with_body: bool = True
) -> dict[str, Any]:
    """Render an annotation."""
    fields: dict[str, Any] = {
        "id": note.id,
        "context": note.context,
        "style": note.style,
        "scope": note.scope,
        "priority": note.priority,
        "created_at": iso(note.created),
        "updated_at": iso(note.updated),
    }
    if note.job is not None or context.switches.annotation_job_id == "null":
        fields["job_id"] = note.job.id if note.job else None
    if with_body:
        fields["body_html"] = note.html
    return fields
