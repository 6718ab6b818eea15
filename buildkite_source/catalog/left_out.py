"""GET endpoints that are no resource of the catalog: other resources, and what is left out."""

from typing import NamedTuple

_SAME = "The list has the same fields"
_B = "organizations/{organization_slug}/pipelines/{pipeline_slug}/builds/{build_number}"
_O = "organizations/{organization_slug}"
_T = f"{_O}/teams/{{team_id}}"
_C = f"{_O}/clusters/{{cluster_id}}"
_A = "analytics/organizations/{organization_slug}"
_S = f"{_A}/suites/{{suite_slug}}"
_R = "packages/organizations/{organization_slug}/registries/{registry_slug}"
_J = f"{_B}/jobs/{{job_id}}"


class Special(NamedTuple):
    """A resource whose endpoint is declared in `rest_config.py`: more than a list of a parent."""

    resources: str
    path: str
    parent: str
    scope: str
    cursor: str
    requests: str


SPECIAL = (
    Special(
        "organizations", "organizations", "", "read_organizations", "", "1, 1 more per 100 rows"
    ),
    Special(
        "pipelines",
        f"{_O}/pipelines",
        "organizations",
        "read_pipelines",
        "",
        "1 per organization, 1 more per 100 rows",
    ),
    Special(
        "builds, jobs, slices, missing_builds",
        f"{_O}/builds",
        "build_slices",
        "read_builds",
        "created_from, finished_from; see docs/passes.md",
        "3 per organization, 1 more per 100 builds",
    ),
    Special(
        "annotations, fetched_details",
        f"{_B}/annotations",
        "annotations_parents",
        "read_builds",
        "settled builds that changed",
        "1 per build; by GraphQL about 2 per 100 builds",
    ),
    Special(
        "artifacts, fetched_details",
        f"{_B}/artifacts",
        "artifacts_parents",
        "read_artifacts",
        "settled builds that changed",
        "1 per build, 1 more per 100 artifacts",
    ),
    Special(
        "step_uploads, fetched_details",
        f"{_B}/step-uploads",
        "step_uploads_parents",
        "read_builds",
        "settled builds that changed",
        "1 per build, 1 more per 100 uploads",
    ),
    Special(
        "failed_executions, fetched_details",
        f"{_S}/runs/{{run_id}}/failed_executions",
        "failed_executions_parents",
        "read_suites",
        "failed runs that changed",
        "1 per failed run, 1 more per 100 executions",
    ),
    Special(
        "job_logs, job_log_lines",
        f"{_J}/log",
        "jobs",
        "read_build_logs",
        "jobs without log, or whose log has grown",
        "1 per job, 2 with a bound on bytes",
    ),
    Special(
        "job_env",
        f"{_J}/env",
        "job_env_parents",
        "read_job_env",
        "jobs without environment",
        "1 per job",
    ),
)

LEFT_OUT: dict[str, str] = {
    _O: _SAME,
    f"{_O}/pipelines/{{pipeline_slug}}": _SAME,
    f"{_O}/pipelines/{{pipeline_slug}}/schedules/{{id}}": _SAME,
    "builds": "The same builds as the organizations' lists",
    f"{_O}/pipelines/{{pipeline_slug}}/builds": "Read in place of the organization's list when "
    "pipelines are chosen",
    _B: _SAME,
    f"{_B}/jobs": "Builds carry their jobs",
    _J: "Builds carry their jobs",
    f"{_J}/annotations": "The build's list has them, with scope=all",
    f"{_J}/artifacts": "The build's list has them",
    f"{_J}/artifacts/{{id}}": "The build's list has the same fields",
    f"{_J}/artifacts/{{id}}/download": "Contents: the command download-artifacts",
    f"{_B}/step-uploads/{{uuid}}": "Adds the step definition alone, which may hold credentials",
    f"{_O}/agents/{{id}}": "Agents that are gone are known from their jobs, without a request",
    f"{_O}/members/{{user_id}}": _SAME,
    f"{_O}/invitations/{{uuid}}": f"{_SAME}; what became of one is an audit event",
    f"{_O}/audit_events/{{uuid}}": _SAME,
    f"{_O}/services/{{uuid}}": _SAME,
    f"{_O}/repository_connections/{{id}}": "Adds live limits and the service account only",
    f"{_O}/pipeline-templates/{{uuid}}": _SAME,
    f"{_O}/rules/{{uuid}}": _SAME,
    f"{_O}/portals/{{slug}}": _SAME,
    _T: _SAME,
    f"{_T}/members/{{user_id}}": _SAME,
    f"{_T}/pipelines/{{id}}": _SAME,
    f"{_T}/suites/{{id}}": _SAME,
    _C: "Adds two settings of hosted agents only",
    f"{_C}/queues/{{id}}": _SAME,
    f"{_C}/tokens/{{id}}": _SAME,
    f"{_C}/maintainers/{{id}}": _SAME,
    f"{_C}/secrets/{{id}}": _SAME,
    f"{_C}/agent-images/{{id}}": _SAME,
    _S: _SAME,
    f"{_S}/runs/{{id}}": _SAME,
    f"{_S}/tests/{{id}}": _SAME,
    f"{_S}/flaky-tests": "Deprecated: the labels of tests say which are flaky",
    f"{_A}/builds/{{build_id}}/tests": "The same tests over the window of one build: a request "
    "per build for what failed_executions and tests tell",
    _R: _SAME,
    f"{_R}/tokens/{{id}}": _SAME,
    f"{_R}/packages/{{id}}": "Adds the package's own metadata: a request per package",
}
