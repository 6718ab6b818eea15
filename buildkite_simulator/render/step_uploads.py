"""Step uploads as JSON."""

from buildkite_simulator.instants import DAY, iso_seconds
from buildkite_simulator.render.context import Context, Row, graphql_id
from buildkite_simulator.render.pipelines import steps_yaml
from buildkite_simulator.world.model import Build
from buildkite_simulator.world.step_uploads import StepUpload, step_uploads_of


def has_step_uploads(build: Build, at: int, context: Context) -> bool:
    """Tell whether the API still answers for the uploads of a build."""
    return at - build.created < context.switches.step_upload_days * DAY


def step_upload_rows(build: Build, at: int, context: Context) -> list[Row]:
    """Render the uploads of a build as they are listed, without their definitions."""
    return [_listed(each, at, context) for each in step_uploads_of(build, at)]


def step_upload_details(build: Build, at: int, context: Context) -> list[Row]:
    """Render the uploads of a build with their definitions."""
    return [_listed(each, at, context) | _definition(each) for each in step_uploads_of(build, at)]


def _listed(upload: StepUpload, at: int, context: Context) -> Row:
    is_processed = upload.processed <= at
    state = "applied" if upload.is_valid else "rejected"
    is_refused = is_processed and not upload.is_valid
    return {
        "uuid": upload.id,
        "graphql_id": graphql_id("StepUpload", upload.id),
        "url": f"{context.build_url(upload.job.build)}/step-uploads/{upload.id}",
        "state": state if is_processed else "pending",
        "source": "job",
        "source_job_id": upload.job.id,
        "replace_existing_steps": False,
        "created_jobs_count": upload.jobs if is_processed and upload.is_valid else None,
        "rejection_type": "validation_error" if is_refused else None,
        "message": "`steps` is not a list" if is_refused else None,
        "created_at": iso_seconds(upload.created),
        "processed_at": iso_seconds(upload.processed) if is_processed else None,
    }


def _definition(upload: StepUpload) -> Row:
    text = steps_yaml(upload.steps)
    return {
        "definition_bytes": len(text.encode()),
        "definition_yaml": text,
        "definition_yaml_omitted": False,
    }
