"""What happened inside a build: annotations and artifacts, asked for build by build."""

from .html_text import plain_text
from .model import DERIVABLE_URL, EXTRA, FETCHED_AT, LINEAGE, ORGANIZATION_ID, Column, Kind, Table

BUILD_COLUMNS = (
    ORGANIZATION_ID,
    Column("organization_slug", Kind.TEXT, "@organization_slug", "Organization slug"),
    Column("pipeline_id", Kind.TEXT, "@pipeline_id", "Pipeline; joins pipelines.id"),
    Column("pipeline_slug", Kind.TEXT, "@pipeline_slug", "Pipeline slug then"),
    Column("build_id", Kind.TEXT, "@build_id", "Build; joins builds.id"),
    Column("build_number", Kind.INTEGER, "@build_number", "Number of the build"),
)

ANNOTATIONS = Table(
    name="annotations",
    description="One row per annotation of a build or job, as it was when last fetched",
    documentation="https://buildkite.com/docs/apis/rest-api/annotations",
    columns=(
        Column("id", Kind.TEXT, "id", "Annotation id (UUID)", required=True),
        *BUILD_COLUMNS,
        Column("job_id", Kind.TEXT, "job_id", "Job it belongs to; null in the build's scope"),
        Column("scope", Kind.TEXT, "scope", "build or job"),
        Column("context", Kind.TEXT, "context", "Name, unique within the build or job"),
        Column("style", Kind.TEXT, "style", "success, info, warning or error"),
        Column("priority", Kind.INTEGER, "priority", "1 to 10; higher ones are shown first"),
        Column("body_html", Kind.TEXT, "body_html", "Body as the build wrote it: hostile HTML"),
        Column(
            "body_text",
            Kind.TEXT,
            "body_html",
            "Body as plain text, without tags, scripts and control characters",
            convert=plain_text,
        ),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("updated_at", Kind.TIMESTAMP, "updated_at", "When it was last written to"),
        *LINEAGE,
        FETCHED_AT,
        EXTRA,
    ),
)

ARTIFACTS = Table(
    name="artifacts",
    description="One row per artifact of a build: what it is, not what is in it",
    documentation="https://buildkite.com/docs/apis/rest-api/artifacts",
    columns=(
        Column("id", Kind.TEXT, "id", "Artifact id (UUID)", required=True),
        *BUILD_COLUMNS,
        Column("job_id", Kind.TEXT, "job_id", "Job that uploaded it; joins jobs.id"),
        Column("state", Kind.TEXT, "state", "new, error, finished, deleted or expired"),
        Column("path", Kind.TEXT, "path", "Path as uploaded: chosen by the build"),
        Column("dirname", Kind.TEXT, "dirname", "Folder of the path"),
        Column("filename", Kind.TEXT, "filename", "Last part of the path"),
        Column("mime_type", Kind.TEXT, "mime_type", "Type of its content"),
        Column("file_size", Kind.INTEGER, "file_size", "Bytes"),
        Column("sha1sum", Kind.TEXT, "sha1sum", "SHA-1 of its content, hexadecimal"),
        Column("url", Kind.TEXT, "url", "API URL"),
        *LINEAGE,
        FETCHED_AT,
        EXTRA,
    ),
    omitted={
        "download_url": DERIVABLE_URL,
        "glob_path": "deprecated; always null",
        "original_path": "deprecated; always null",
    },
)

FETCHED_DETAILS = Table(
    name="fetched_details",
    description="One row per build and kind of details: for which fingerprint of the build they "
    "were fetched last. A build without one, or with another one, waits for its details",
    documentation="https://buildkite.com/docs/apis/rest-api/builds",
    columns=(
        Column("id", Kind.TEXT, "id", "Kind and build", required=True),
        Column("kind", Kind.TEXT, "kind", "annotations or artifacts"),
        ORGANIZATION_ID,
        Column("build_id", Kind.TEXT, "build_id", "Build; joins builds.id"),
        Column("picture", Kind.TEXT, "picture", "State, end and attempts of the build then"),
        Column("found", Kind.INTEGER, "found", "How many there were"),
        Column("gone", Kind.BOOLEAN, "gone", "The API had no such build any more"),
        FETCHED_AT,
    ),
)
