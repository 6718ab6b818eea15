"""Builds as they were when last fetched."""

from typing import Any

from .model import (
    EXTRA,
    FETCHED_AT,
    GRAPHQL_ID,
    LINEAGE,
    ORGANIZATION_ID,
    Column,
    Kind,
    Table,
    url_part,
    user_columns,
    user_omissions,
)


def _author(value: Any) -> Any:
    """Return the author object of builds whose author is a bare e-mail address."""
    return {"email": value} if isinstance(value, str) else value


BUILDS = Table(
    name="builds",
    description="One row per build, as it was when last fetched",
    documentation="https://buildkite.com/docs/apis/rest-api/builds",
    columns=(
        Column("id", Kind.TEXT, "id", "Build id (UUID)", required=True),
        ORGANIZATION_ID,
        Column(
            "organization_slug",
            Kind.TEXT,
            "url",
            "Organization slug",
            convert=url_part("organizations"),
            fallback="@organization_slug",
        ),
        Column(
            "pipeline_id",
            Kind.TEXT,
            "pipeline.id",
            "Pipeline; joins pipelines.id",
            fallback="@pipeline_id",
        ),
        Column(
            "pipeline_slug",
            Kind.TEXT,
            "url",
            "Pipeline slug then",
            convert=url_part("pipelines"),
            fallback="@pipeline_slug",
        ),
        Column("number", Kind.INTEGER, "number", "Number within the pipeline; gaps are possible"),
        Column(
            "state",
            Kind.TEXT,
            "state",
            "creating, scheduled, running, failing, passed, failed, canceling, canceled, skipped "
            "or not_run; a blocked build keeps its last state",
        ),
        Column("blocked", Kind.BOOLEAN, "blocked", "Waits on a block or input step"),
        Column(
            "blocked_state",
            Kind.TEXT,
            "blocked_state",
            "State of the steps before the block, empty when not blocked",
        ),
        Column("cancel_reason", Kind.TEXT, "cancel_reason", "Why it was canceled"),
        Column(
            "message",
            Kind.TEXT,
            "message",
            "Commit message or text given on creation",
            mentions_people=True,
        ),
        Column("commit", Kind.TEXT, "commit", "Commit SHA; HEAD until it is resolved"),
        Column("branch", Kind.TEXT, "branch", "Branch"),
        Column("tag", Kind.TEXT, "tag", "Tag"),
        Column("source", Kind.TEXT, "source", "webhook, api, ui, trigger_job or schedule"),
        Column("author_username", Kind.TEXT, "author.username", "Author: login", personal=True),
        Column("author_name", Kind.TEXT, "author.name", "Author: name", personal=True),
        Column("author_email", Kind.TEXT, "author.email", "Author: e-mail", personal=True),
        *user_columns("creator", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("scheduled_at", Kind.TIMESTAMP, "scheduled_at", "When it was to start"),
        Column(
            "started_at", Kind.TIMESTAMP, "started_at", "When the first job started; moves on retry"
        ),
        Column("failing_at", Kind.TIMESTAMP, "failing_at", "First failure; stays after a retry"),
        Column("finished_at", Kind.TIMESTAMP, "finished_at", "When it finished or blocked"),
        # buildkite:git:commit in it names the author.
        Column("meta_data", Kind.JSON, "meta_data", "Meta-data, text by key", mentions_people=True),
        Column("pull_request_id", Kind.TEXT, "pull_request.id", "Pull request number"),
        Column("pull_request_base", Kind.TEXT, "pull_request.base", "Branch it is to merge into"),
        Column(
            "pull_request_repository",
            Kind.TEXT,
            "pull_request.repository",
            "Repository the pull request comes from",
        ),
        Column(
            "merge_queue_base_branch",
            Kind.TEXT,
            "merge_queue.base_branch",
            "Branch of the merge queue",
        ),
        Column("rebuilt_from_id", Kind.TEXT, "rebuilt_from.id", "Build this one repeats"),
        Column("rebuilt_from_number", Kind.INTEGER, "rebuilt_from.number", "Its number"),
        Column(
            "triggered_from_build_id",
            Kind.TEXT,
            "triggered_from.build_id",
            "Build whose trigger step started this one",
        ),
        Column(
            "triggered_from_build_number",
            Kind.INTEGER,
            "triggered_from.build_number",
            "Its number",
        ),
        Column(
            "triggered_from_pipeline_slug",
            Kind.TEXT,
            "triggered_from.build_pipeline_slug",
            "Its pipeline",
        ),
        Column("test_engine_runs", Kind.JSON, "test_engine.runs", "Test Engine runs of the build"),
        Column(
            "env",
            Kind.JSON,
            "env",
            "Environment given on creation",
            mentions_people=True,
            secret=True,
        ),
        Column("url", Kind.TEXT, "url", "API URL"),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *LINEAGE,
        FETCHED_AT,
        EXTRA,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "pipeline": "its id and slug are columns; the rest is in the pipelines table",
        "rebuilt_from.url": "derivable from the number",
        "job_state_counts": "only sent for a single build: count the jobs table instead",
        "retried_jobs_count": "only sent in answer to a retry request",
        **user_omissions("creator"),
    },
    repairs={"author": _author},
    needed=("created_at",),
)
