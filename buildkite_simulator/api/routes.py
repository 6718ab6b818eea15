"""Every endpoint: method, path, needed scope, handler."""

from collections.abc import Callable
from typing import NamedTuple

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from buildkite_simulator.api import (
    annotations,
    artifacts,
    builds,
    logs,
    moves,
    organizations,
)
from buildkite_simulator.api.call import Call
from buildkite_simulator.api.test_engine_routes import TEST_ENGINE_ROUTES

Handler = Callable[[Call], Response]
_O = "/v2/organizations/{organization}"
_P = _O + "/pipelines/{pipeline}"
_B = _P + "/builds/{number}"


class Endpoint(NamedTuple):
    """What a request is answered by."""

    scope: str | None
    handler: Handler


def _attachments(job: str) -> tuple[tuple[str, str, str | None, Handler], ...]:
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


_TABLE: list[tuple[str, str, str | None, Handler]] = [
    ("GET", "/v2/access-token", None, organizations.get_access_token),
    ("GET", "/v2/user", "read_user", organizations.get_user),
    ("GET", "/v2/organizations", "read_organizations", organizations.list_organizations),
    ("GET", _O, "read_organizations", organizations.get_organization),
    ("GET", _O + "/rate_limit", "read_accounts", organizations.get_rate_limit),
    ("GET", _O + "/pipelines", "read_pipelines", organizations.list_pipelines),
    ("GET", _P, "read_pipelines", organizations.get_pipeline),
    ("GET", "/v2/builds", "read_builds", builds.list_all_builds),
    ("GET", _O + "/builds", "read_builds", builds.list_organization_builds),
    ("GET", _P + "/builds", "read_builds", builds.list_pipeline_builds),
    ("POST", _P + "/builds", "write_builds", moves.create_build),
    ("GET", _B, "read_builds", builds.get_build),
    ("PUT", _B + "/cancel", "write_builds", moves.cancel_build),
    ("PUT", _B + "/rebuild", "write_builds", moves.rebuild),
    ("PUT", _B + "/retry_failed_jobs", "write_builds", moves.retry_failed_jobs),
    ("GET", _B + "/jobs", "read_builds", builds.list_jobs),
    ("GET", _B + "/annotations", "read_builds", annotations.list_build_annotations),
    ("POST", _B + "/annotations", "write_builds", annotations.annotate_build),
    ("DELETE", _B + "/annotations/{uuid}", "write_builds", annotations.delete_annotation),
    ("GET", _B + "/artifacts", "read_artifacts", artifacts.list_build_artifacts),
    *TEST_ENGINE_ROUTES,
    *(
        row
        for parent in (_B, _O)
        for row in (
            *_attachments(parent + "/jobs/{job}"),
            ("GET", parent + "/jobs/{job}", "read_builds", builds.get_job),
            ("PUT", parent + "/jobs/{job}/retry", "write_builds", moves.retry_job),
            ("PUT", parent + "/jobs/{job}/unblock", "write_builds", moves.unblock_job),
        )
    ),
]


def _unused(_: object) -> Response:
    raise NotImplementedError


_ROUTES = [
    (Route(path, _unused, methods=[method]), Endpoint(scope, handler))
    for method, path, scope, handler in _TABLE
]


def find_endpoint(scope: Scope) -> tuple[Endpoint, dict[str, str]] | None:
    """Return the endpoint of a request and the parameters in its path."""
    for route, endpoint in _ROUTES:
        match, found = route.matches(scope)
        if match is Match.FULL:
            return endpoint, found["path_params"]
    return None
