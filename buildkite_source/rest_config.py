"""The declared REST configuration: every endpoint with its path, parent, parameters and pages.

organizations → pipelines → builds with their jobs → annotations, artifacts, logs and the like, and
the endpoints of the catalog. Endpoints yield pages of undecoded items; the tables hang on them, so
that two tables (builds, jobs) share one request.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dlt.extract import DltResource
from dlt.sources.rest_api.typing import EndpointResource, RESTAPIConfig

from .builds.pages import SlicePages
from .builds.registry import BuildLists
from .catalog.selection import Selection
from .client import Body, BuildkiteSession, NeedsScope, RawItem
from .client.refusals import EVERY_REFUSAL
from .defaults import PER_PAGE
from .details.kinds import DetailKinds
from .details.pages import DetailPages
from .details.parents import DetailParents
from .resources.limits import page_limit
from .resources.pages import ListPages
from .settings import Scope
from .tables import (
    ANNOTATIONS,
    ARTIFACTS,
    BUILDS,
    FAILED_EXECUTIONS,
    JOB_ENV,
    JOBS,
    MISSING_BUILDS,
    ORGANIZATIONS,
    PIPELINES,
    REJECTED,
    SLICES,
    STEP_UPLOADS,
    Table,
)

# Tables that are read from the pages of lists, by the kind of item.
TABLES_OF: Mapping[str, Mapping[str, tuple[Table, ...]]] = {
    "organizations_pages": {"": (ORGANIZATIONS,)},
    "pipelines_pages": {"": (PIPELINES,)},
    "builds_pages": {
        "": (BUILDS, JOBS),
        SLICES.name: (SLICES,),
        MISSING_BUILDS.name: (MISSING_BUILDS,),
        # None come on pages; the table is there from the first load.
        REJECTED.name: (REJECTED,),
    },
}
_BUILD = "organizations/{organization_slug}/pipelines/{pipeline_slug}/builds/{build_number}"
_RUN = "analytics/organizations/{organization_slug}/suites/{suite_slug}/runs/{run_id}"


def rest_config(
    session: BuildkiteSession,
    scope: Scope,
    lists: BuildLists,
    details: DetailKinds,
    catalog: list[EndpointResource],
) -> RESTAPIConfig:
    """Return the configuration of all endpoints.

    Args:
        session: Sends every request.
        scope: Slugs to load.
        lists: The build lists, whose items name a list and a window of creation times.
        details: Builds, jobs and runs whose details are missing.
        catalog: Endpoints of the catalog.
    """
    largest: dict[str, Any] = {"per_page": PER_PAGE}
    organizations = Selection("organization", scope.organizations)
    pipelines = Selection("pipeline", scope.pipelines, one_list_for=organizations)
    organizations_pages: EndpointResource = {
        "name": "organizations_pages",
        "endpoint": {
            "path": "organizations",
            "params": largest,
            "paginator": _selected("organizations_pages", organizations),
        },
        "processing_steps": [{"filter": organizations.takes}],
    }
    pipelines_pages: EndpointResource = {
        "name": "pipelines_pages",
        "endpoint": {
            "path": "organizations/{resources.organizations_pages.slug}/pipelines",
            "params": largest,
            "paginator": _selected("pipelines_pages", pipelines),
        },
        "include_from_parent": ["id", "slug"],
        "processing_steps": [
            {"filter": pipelines.takes},
            {"map": _renamed("_organizations_pages_", "organization_")},
        ],
    }
    builds_pages: EndpointResource = {
        "name": "builds_pages",
        "endpoint": {
            "path": "organizations/{resources.build_slices.scope}/builds"
            "{resources.build_slices.filters}",
            "params": {
                "per_page": "{resources.build_slices.per_page}",
                "created_from": "{resources.build_slices.created_from}",
                "created_to": "{resources.build_slices.created_to}",
                # Without it the attempts before the last vanish from later payloads.
                "include_retried_jobs": "true",
            },
            "paginator": SlicePages(
                NeedsScope("read_builds", EVERY_REFUSAL), session, lists, _limit("builds_pages")
            ),
        },
        "include_from_parent": ["organization_id"],
        "processing_steps": [{"map": _renamed("_build_slices_", "")}],
    }
    return {
        "client": {"base_url": session.base_url, "session": session},
        "resource_defaults": {"selected": False, "endpoint": {"data_selector": "$"}},
        "resources": [
            organizations_pages,
            pipelines_pages,
            # Which windows of which list are to be asked for; see docs/passes.md.
            lists.resource(),
            builds_pages,
            *_details(details),
            *catalog,
        ],
    }


def _details(kinds: DetailKinds) -> list[EndpointResource | DltResource]:
    """Return the endpoints that are asked for each build, job or run whose details are missing."""
    largest: dict[str, Any] = {"per_page": PER_PAGE}
    # Without scope=all, annotations of jobs are left out.
    every = {**largest, "scope": "all"}
    expanded = {**largest, "include_failure_expanded": "true"}
    declared: list[tuple[Table, str, str, dict[str, Any], Body]] = [
        (ANNOTATIONS, "read_builds", f"{_BUILD}/annotations", every, Body.LIST),
        (ARTIFACTS, "read_artifacts", f"{_BUILD}/artifacts", largest, Body.LIST),
        (STEP_UPLOADS, "read_builds", f"{_BUILD}/step-uploads", largest, Body.WRAPPED),
        (JOB_ENV, "read_job_env", f"{_BUILD}/jobs/{{job_id}}/env", largest, Body.OBJECT),
        (FAILED_EXECUTIONS, "read_suites", f"{_RUN}/failed_executions", expanded, Body.LIST),
    ]
    resources: list[EndpointResource | DltResource] = []
    for table, scope, path, params, body in declared:
        parents = kinds.parents.get(table.name)
        if parents:
            pages = DetailPages(scope, parents, body=body)
            resources += [parents.resource(), _detail(table, path, params, parents, pages)]
    # Logs are no JSON: they are streamed to a file and parsed.
    return [*resources, *([kinds.logs.resource()] if kinds.logs else [])]


def _detail(
    table: Table, path: str, params: dict[str, Any], parents: DetailParents, pages: DetailPages
) -> EndpointResource:
    of_parent = {name: f"{{resources.{parents.name}.{name}}}" for name in parents.parameters}
    return {
        "name": f"{table.name}_pages",
        "endpoint": {"path": path.format(**of_parent), "params": params, "paginator": pages},
    }


def _selected(pages: str, selection: Selection) -> ListPages:
    """Return the paginator of a list whose objects are chosen by slug."""
    scope = f"read_{pages.removesuffix('_pages')}"
    return ListPages(NeedsScope(scope), selection.see, selection.ended, _limit(pages))


def _limit(pages: str) -> Callable[[], int | None]:
    names = [table.name for table in TABLES_OF[pages][""]]
    return lambda: page_limit(names)


def _renamed(prefix: str, new: str) -> Callable[[RawItem], RawItem]:
    """Return a step that renames the fields dlt took from the parent."""

    def step(item: RawItem) -> RawItem:
        item.context = {
            new + key.removeprefix(prefix): value for key, value in item.context.items()
        }
        return item

    return step
