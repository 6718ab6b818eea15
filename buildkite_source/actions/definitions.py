"""What can be asked of Buildkite: one definition per action, from which all else follows.

Validation, the request, the lookup of doubtful ones, `docs/actions.md` and `--help` read these.
"""

from .model import Action, Field, Level, Type

# Key of the meta-data by which a created build is known again.
MARK = "buildkite-source-action"
# Context of an annotation that names none.
CONTEXT = "buildkite-source"
RETRY_STATES = ("canceled", "expired", "failed", "soft_failed", "timed_out")

_REST = "https://buildkite.com/docs/apis/rest-api"
_BUILDS = "https://buildkite.com/docs/apis/rest-api/builds"
_JOBS = "https://buildkite.com/docs/apis/rest-api/jobs"
_ANNOTATIONS = "https://buildkite.com/docs/apis/rest-api/annotations"
_PIPELINES = "https://buildkite.com/docs/apis/rest-api/pipelines"
_AGENTS = "https://buildkite.com/docs/apis/rest-api/agents"

_PIPELINE = "/organizations/{organization}/pipelines/{pipeline}"
_BUILD = f"{_PIPELINE}/builds/{{number}}"
_JOB = f"{_BUILD}/jobs/{{job_id}}"
_AGENT = "/organizations/{organization}/agents/{agent_id}"

_OPTIONS = (
    Field("cluster_id", Type.TEXT, "cluster it runs in"),
    Field("description", Type.TEXT, "free text"),
    Field("default_branch", Type.TEXT, "such as main"),
    Field("branch_configuration", Type.TEXT, "pattern of branches to build"),
    Field("skip_queued_branch_builds", Type.BOOLEAN, "newer builds of a branch skip queued ones"),
    Field("skip_queued_branch_builds_filter", Type.TEXT, "pattern of those branches"),
    Field("cancel_running_branch_builds", Type.BOOLEAN, "newer builds cancel running ones"),
    Field("cancel_running_branch_builds_filter", Type.TEXT, "pattern of those branches"),
    Field("allow_rebuilds", Type.BOOLEAN, "builds may be rebuilt"),
    Field("default_command_step_timeout", Type.INTEGER, "minutes", lowest=1),
    Field("maximum_command_step_timeout", Type.INTEGER, "minutes", lowest=1),
    Field("visibility", Type.TEXT, "who sees it", choices=("private", "public")),
    Field("tags", Type.LIST, "tags"),
    Field("color", Type.TEXT, "such as #ff0000"),
    Field("emoji", Type.TEXT, "such as :rocket:"),
    Field("env", Type.MAP, "variables of visual steps", secret=True),
    Field("configuration", Type.TEXT, "steps as YAML text", secret=True),
    Field("steps", Type.OBJECTS, "visual steps, in place of configuration", secret=True),
)
_SAME = "the state of the {}; once is as good as twice"

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action(
            "create_build",
            "POST",
            f"{_PIPELINE}/builds",
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
                Field(
                    "ignore_pipeline_branch_filters", Type.BOOLEAN, "build branches that are not"
                ),
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
            _SAME.format("build"),
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
                Field(
                    "priority", Type.INTEGER, "1 to 10; higher stands first", lowest=1, highest=10
                ),
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
        Action(
            "create_pipeline",
            "POST",
            "/organizations/{organization}/pipelines",
            "write_pipelines",
            "read_pipelines",
            Level.ORGANIZATION,
            (
                Field("name", Type.TEXT, "name", required=True),
                Field("repository", Type.TEXT, "git URL", required=True),
                *_OPTIONS,
            ),
            (201,),
            "make a pipeline",
            "pipelines of this name that were created since the claim",
            _PIPELINES,
        ),
        Action(
            "update_pipeline",
            "PATCH",
            _PIPELINE,
            "write_pipelines",
            "read_pipelines",
            Level.PIPELINE,
            (
                Field("name", Type.TEXT, "name"),
                Field("repository", Type.TEXT, "git URL"),
                *_OPTIONS,
            ),
            (200,),
            "change settings of a pipeline",
            "whether the pipeline has what was sent; once is as good as twice",
            _PIPELINES,
        ),
        Action(
            "archive_pipeline",
            "POST",
            f"{_PIPELINE}/archive",
            "write_pipelines",
            "read_pipelines",
            Level.PIPELINE,
            (),
            (200,),
            "archive a pipeline",
            _SAME.format("pipeline"),
            _PIPELINES,
        ),
        Action(
            "unarchive_pipeline",
            "POST",
            f"{_PIPELINE}/unarchive",
            "write_pipelines",
            "read_pipelines",
            Level.PIPELINE,
            (),
            (200,),
            "take a pipeline out of the archive",
            _SAME.format("pipeline"),
            _PIPELINES,
        ),
        Action(
            "stop_agent",
            "PUT",
            f"{_AGENT}/stop",
            "write_agents",
            "read_agents",
            Level.AGENT,
            (Field("force", Type.BOOLEAN, "do not let it finish its job; the API's default"),),
            (204,),
            "stop an agent",
            _SAME.format("agent"),
            _AGENTS,
        ),
        Action(
            "pause_agent",
            "PUT",
            f"{_AGENT}/pause",
            "write_agents",
            "read_agents",
            Level.AGENT,
            (
                Field("note", Type.TEXT, "why"),
                Field("timeout_in_minutes", Type.INTEGER, "until it goes on", lowest=1),
            ),
            (204,),
            "let an agent take no more jobs",
            _SAME.format("agent"),
            _AGENTS,
        ),
        Action(
            "resume_agent",
            "PUT",
            f"{_AGENT}/resume",
            "write_agents",
            "read_agents",
            Level.AGENT,
            (),
            (204,),
            "let a paused agent take jobs again",
            _SAME.format("agent"),
            _AGENTS,
        ),
        Action(
            "api",
            "",
            "",
            "",
            "",
            Level.ADDRESS,
            (
                Field(
                    "method",
                    Type.TEXT,
                    "of the request",
                    required=True,
                    choices=("POST", "PUT", "PATCH", "DELETE"),
                    in_path=True,
                ),
                Field(
                    "path",
                    Type.TEXT,
                    "address below organizations/ORG/, which tells what it is done to",
                    required=True,
                    in_path=True,
                ),
                Field("body", Type.JSON, "what is sent", secret=True),
            ),
            (200, 201, 202, 204),
            "send anything else to an address of the API",
            "nothing: one that is in doubt stays so, and is left to people",
            _REST,
        ),
    )
}
