"""What can be asked of builds, their jobs and annotations."""

from .model import PIPELINE, SAME, Action, Field, Level, Type

# Key of the meta-data by which a created build is known again.
MARK = "buildkite-source-action"
# Context of an annotation that names none.
CONTEXT = "buildkite-source"
RETRY_STATES = ("canceled", "expired", "failed", "soft_failed", "timed_out")

_BUILDS = "https://buildkite.com/docs/apis/rest-api/builds"
_JOBS = "https://buildkite.com/docs/apis/rest-api/jobs"
_ANNOTATIONS = "https://buildkite.com/docs/apis/rest-api/annotations"

_BUILD = f"{PIPELINE}/builds/{{number}}"
_JOB = f"{_BUILD}/jobs/{{job_id}}"

OF_BUILDS = (
    Action(
        "create_build",
        "POST",
        f"{PIPELINE}/builds",
        "write_builds",
        "read_builds",
        Level.PIPELINE,
        (
            Field("commit", Type.TEXT, "full SHA, or HEAD", required=True),
            Field("branch", Type.TEXT, "branch", required=True),
            Field("message", Type.TEXT, "what the build says it is of"),
            Field("author", Type.MAP, "name and email"),
            Field("env", Type.MAP, "variables of its jobs", secret=True),
            Field("meta_data", Type.MAP, "meta-data"),
            Field("clean_checkout", Type.BOOLEAN, "begin with an empty checkout"),
            Field("ignore_pipeline_branch_filters", Type.BOOLEAN, "build branches that are not"),
            Field("pull_request_base_branch", Type.TEXT, "branch it is to be merged into"),
            Field("pull_request_id", Type.INTEGER, "number of the pull request", lowest=1),
            Field("pull_request_labels", Type.LIST, "its labels"),
            Field("pull_request_repository", Type.TEXT, "where its branch lies"),
        ),
        (201,),
        "start a build",
        f"the list of builds, by the meta-data `{MARK}`, which holds the key",
        _BUILDS,
    ),
    Action(
        "rebuild",
        "PUT",
        f"{_BUILD}/rebuild",
        "write_builds",
        "read_builds",
        Level.BUILD,
        (),
        (200,),
        "build it once more, as a new build",
        "builds of the hour after the claim whose `rebuilt_from` is this one",
        _BUILDS,
    ),
    Action(
        "cancel",
        "PUT",
        f"{_BUILD}/cancel",
        "write_builds",
        "read_builds",
        Level.BUILD,
        (),
        (200,),
        "cancel a build that is scheduled, running or failing",
        SAME.format("build"),
        _BUILDS,
    ),
    Action(
        "retry_failed_jobs",
        "PUT",
        f"{_BUILD}/retry_failed_jobs",
        "write_builds",
        "read_builds",
        Level.BUILD,
        (
            Field(
                "states",
                Type.TEXT,
                "states of jobs to retry, with commas; all of them by default",
                choices=RETRY_STATES,
            ),
        ),
        (202,),
        "retry the failed jobs of a build",
        "jobs of the build that a manual retry created since the claim; Buildkite retries "
        "later than it answers, so five minutes are given",
        _BUILDS,
        settles_after=300,
    ),
    Action(
        "retry_job",
        "PUT",
        f"{_JOB}/retry",
        "write_builds",
        "read_builds",
        Level.JOB,
        (),
        (200,),
        "retry a job that failed, timed out or was canceled",
        "whether the job was retried; it can be only once",
        _JOBS,
    ),
    Action(
        "unblock_job",
        "PUT",
        f"{_JOB}/unblock",
        "write_builds",
        "read_builds",
        Level.JOB,
        (
            Field("fields", Type.MAP, "answers to the fields of the block step"),
            Field("unblocker", Type.TEXT, "id of the user who unblocks it"),
        ),
        (200,),
        "unblock a block step",
        "whether the job was unblocked; it can be only once",
        _JOBS,
    ),
    Action(
        "annotate",
        "POST",
        f"{_BUILD}/annotations",
        "write_builds",
        "read_builds",
        Level.BUILD,
        (
            Field("body", Type.TEXT, "Markdown or HTML", required=True),
            Field(
                "style",
                Type.TEXT,
                "colour",
                choices=("success", "info", "warning", "error"),
            ),
            Field("priority", Type.INTEGER, "1 to 10; higher stands first", lowest=1, highest=10),
            Field(
                "context",
                Type.TEXT,
                f"one annotation a context; default: {CONTEXT}",
                default=CONTEXT,
            ),
            Field("append", Type.BOOLEAN, "add to what the context has, do not replace it"),
        ),
        (201,),
        "annotate a build",
        "the build's annotation of this context, written since the claim",
        _ANNOTATIONS,
    ),
    Action(
        "remove_annotation",
        "DELETE",
        f"{_BUILD}/annotations/{{annotation_id}}",
        "write_builds",
        "read_builds",
        Level.BUILD,
        (Field("annotation_id", Type.TEXT, "id (UUID)", required=True, in_path=True),),
        (204,),
        "remove an annotation of a build",
        "whether the annotation is gone; once is as good as twice",
        _ANNOTATIONS,
    ),
)
