"""Schedules of pipelines and their GitHub webhooks, as JSON."""

from buildkite_simulator.instants import iso
from buildkite_simulator.render.context import Context, Row, graphql_id
from buildkite_simulator.render.people import user_fields
from buildkite_simulator.world.model import Pipeline
from buildkite_simulator.world.people import Schedule
from buildkite_simulator.world.schedules import schedules_of


def schedule_rows(pipeline: Pipeline, at: int, context: Context) -> list[Row]:
    """Render the schedules of a pipeline."""
    return [_schedule(each, pipeline, at, context) for each in schedules_of(pipeline, at)]


def _schedule(schedule: Schedule, pipeline: Pipeline, at: int, context: Context) -> Row:
    url = context.pipeline_url(pipeline)
    is_due = schedule.enabled and pipeline.archived is None
    failed = schedule.failed_at if schedule.failed_at and schedule.failed_at <= at else None
    return {
        "id": schedule.id,
        "graphql_id": graphql_id("PipelineSchedule", schedule.id),
        "url": f"{url}/schedules/{schedule.id}",
        "label": schedule.name,
        "cronline": schedule.cronline,
        "message": schedule.message,
        "commit": "HEAD",
        "branch": schedule.branch,
        "env": dict(schedule.env),
        "enabled": schedule.enabled,
        "next_build_at": iso(schedule.next_after(at)) if is_due else None,
        "failed_message": schedule.failed_message if failed else None,
        "failed_at": iso(failed),
        "created_at": iso(schedule.created),
        "created_by": user_fields(schedule.created_by),
        "pipeline": {"id": pipeline.id, "slug": pipeline.slug, "url": url},
    }


def github_webhook_fields(pipeline: Pipeline) -> Row:
    """Render the webhook GitHub calls for a pipeline; its URL is all one needs to start builds."""
    return {
        "url": f"https://webhook.buildkite.com/deliver/planted-secret-{pipeline.id[-12:]}",
        "enabled": True,
        "disabled_at": None,
        "disabled_by": None,
    }
