"""Builds and what leads to them: organizations, pipelines, jobs, agents, and the token itself."""

from buildkite_simulator.api import (
    agents,
    annotations,
    artifacts,
    builds,
    logs,
    moves,
    organizations,
    pipeline_moves,
    step_uploads,
)
from buildkite_simulator.api.collection import Collection
from buildkite_simulator.api.routes.endpoint import (
    BUILD,
    ORGANIZATION,
    PIPELINE,
    Endpoint,
    Handler,
)

_SCHEDULES = Collection("pipeline_schedules", "schedule", of=lambda call: call.pipeline)


def _attachments(job: str) -> tuple[tuple[str, str, str, Handler], ...]:
    """Return what hangs on a job, under either of its addresses."""
    artifact = job + "/artifacts/{artifact}"
    return (
        ("HEAD", job + "/log", "read_build_logs", logs.head_log),
        ("HEAD", job + "/log.txt", "read_build_logs", logs.head_log),
        ("HEAD", job + "/log.html", "read_build_logs", logs.head_log),
        ("GET", job + "/log", "read_build_logs", logs.get_log),
        ("GET", job + "/log.txt", "read_build_logs", logs.get_text_log),
        ("GET", job + "/log.html", "read_build_logs", logs.get_html_log),
        ("DELETE", job + "/log", "write_build_logs", logs.delete_log),
        ("GET", job + "/env", "read_job_env", logs.get_environment),
        ("GET", job + "/env.txt", "read_job_env", logs.get_text_environment),
        ("GET", job + "/annotations", "read_builds", annotations.list_job_annotations),
        ("POST", job + "/annotations", "write_builds", annotations.annotate_job),
        ("DELETE", job + "/annotations/{uuid}", "write_builds", annotations.delete_annotation),
        ("GET", job + "/artifacts", "read_artifacts", artifacts.list_job_artifacts),
        ("GET", artifact, "read_artifacts", artifacts.get_artifact),
        ("DELETE", artifact, "write_artifacts", artifacts.delete_artifact),
        ("GET", artifact + "/download", "read_artifacts", artifacts.download_artifact),
    )


_TABLE: tuple[tuple[str, str, str | None, Handler], ...] = (
    ("GET", "/v2/access-token", None, organizations.get_access_token),
    ("GET", "/v2/user", "read_user", organizations.get_user),
    ("GET", "/v2/organizations", "read_organizations", organizations.list_organizations),
    ("GET", ORGANIZATION, "read_organizations", organizations.get_organization),
    ("GET", ORGANIZATION + "/rate_limit", "read_accounts", organizations.get_rate_limit),
    ("GET", ORGANIZATION + "/pipelines", "read_pipelines", organizations.list_pipelines),
    ("GET", PIPELINE, "read_pipelines", organizations.get_pipeline),
    ("POST", ORGANIZATION + "/pipelines", "write_pipelines", pipeline_moves.create_pipeline),
    ("PATCH", PIPELINE, "write_pipelines", pipeline_moves.update_pipeline),
    ("DELETE", PIPELINE, "write_pipelines", pipeline_moves.delete_pipeline),
    ("POST", PIPELINE + "/archive", "write_pipelines", pipeline_moves.archive_pipeline),
    ("POST", PIPELINE + "/unarchive", "write_pipelines", pipeline_moves.unarchive_pipeline),
    ("GET", PIPELINE + "/github-webhooks", "read_pipelines", organizations.get_github_webhook),
    ("GET", PIPELINE + "/schedules", "read_pipelines", _SCHEDULES.page),
    ("GET", PIPELINE + "/schedules/{key}", "read_pipelines", _SCHEDULES.get),
    ("GET", ORGANIZATION + "/agents", "read_agents", agents.list_agents),
    ("GET", ORGANIZATION + "/agents/{key}", "read_agents", agents.get_agent),
    ("PUT", ORGANIZATION + "/agents/{key}/stop", "write_agents", agents.stop_agent),
    ("PUT", ORGANIZATION + "/agents/{key}/pause", "write_agents", agents.pause_agent),
    ("PUT", ORGANIZATION + "/agents/{key}/resume", "write_agents", agents.resume_agent),
    ("GET", "/v2/builds", "read_builds", builds.list_all_builds),
    ("GET", ORGANIZATION + "/builds", "read_builds", builds.list_organization_builds),
    ("GET", PIPELINE + "/builds", "read_builds", builds.list_pipeline_builds),
    ("POST", PIPELINE + "/builds", "write_builds", moves.create_build),
    ("GET", BUILD, "read_builds", builds.get_build),
    ("PUT", BUILD + "/cancel", "write_builds", moves.cancel_build),
    ("PUT", BUILD + "/rebuild", "write_builds", moves.rebuild),
    ("PUT", BUILD + "/retry_failed_jobs", "write_builds", moves.retry_failed_jobs),
    ("GET", BUILD + "/step-uploads", "read_builds", step_uploads.list_step_uploads),
    ("GET", BUILD + "/step-uploads/{key}", "read_builds", step_uploads.get_step_upload),
    ("GET", BUILD + "/jobs", "read_builds", builds.list_jobs),
    ("GET", BUILD + "/annotations", "read_builds", annotations.list_build_annotations),
    ("POST", BUILD + "/annotations", "write_builds", annotations.annotate_build),
    ("DELETE", BUILD + "/annotations/{uuid}", "write_builds", annotations.delete_annotation),
    ("GET", BUILD + "/artifacts", "read_artifacts", artifacts.list_build_artifacts),
    *(
        row
        for parent in (BUILD, ORGANIZATION)
        for row in (
            *_attachments(parent + "/jobs/{job}"),
            ("GET", parent + "/jobs/{job}", "read_builds", builds.get_job),
            ("PUT", parent + "/jobs/{job}/retry", "write_builds", moves.retry_job),
            ("PUT", parent + "/jobs/{job}/unblock", "write_builds", moves.unblock_job),
        )
    ),
)

ENDPOINTS = tuple(Endpoint(*row) for row in _TABLE)
