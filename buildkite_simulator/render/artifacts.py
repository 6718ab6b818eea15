"""Artifacts as JSON."""

from typing import Any

from buildkite_simulator.render.context import Context
from buildkite_simulator.world.artifacts import Artifact


def artifact_fields(
    artifact: Artifact, at: int, context: Context, retention_days: int
) -> dict[str, Any]:
    """Render an artifact as it is at an instant."""
    sums = artifact.sums()
    url = f"{context.build_url(artifact.job.build)}/jobs/{artifact.job.id}/artifacts/{artifact.id}"
    return {
        "id": artifact.id,
        "job_id": artifact.job.id,
        "url": url,
        "download_url": f"{url}/download",
        "state": artifact.state(at, retention_days),
        "path": artifact.path,
        "dirname": artifact.dirname,
        "filename": artifact.filename,
        "mime_type": artifact.mime_type,
        "file_size": sums.size,
        "glob_path": None,
        "original_path": None,
        "sha1sum": sums.sha1,
    }
