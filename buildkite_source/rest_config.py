"""Every endpoint the source reads, declared once: path, parent, parameters, scope, pages.

Endpoints yield pages of undecoded items and are no tables themselves; `source.py` hangs the
tables of `tables/` on them, so that two tables (builds, jobs) share one request.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlt.extract import DltResource
from dlt.sources.rest_api.typing import EndpointResource, RESTAPIConfig

from .builds.build_lists import BuildLists
from .builds.pages import SlicePages
from .catalog.selection import Selection
from .client import Body, BuildkiteSession, NeedsScope, RawItem, UnknownSlugError
from .client.refusals import EVERY_REFUSAL
from .details.pages import DetailPages
from .details.parents import DetailParents
from .resources.limits import page_limit
from .resources.pages import ListPages
from .settings import PER_PAGE
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

# Tables read from each endpoint's pages, by the kind of item they are read from.
TABLES_OF: dict[str, dict[str, tuple[Table, ...]]] = {
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


# Tables read build by build, from pages whose last item tells that it was the last.
DETAILS_OF = {
    f"{table.name}_pages": table
    for table in (ANNOTATIONS, ARTIFACTS, STEP_UPLOADS, JOB_ENV, FAILED_EXECUTIONS)
}
_BUILD = "organizations/{organization_slug}/pipelines/{pipeline_slug}/builds/{build_number}"


@dataclass(frozen=True, slots=True)
class _Detail:
    """An endpoint that is asked for each build, job or run.

    Attributes:
        scope: Scope it needs.
        path: With the parameters of its parent.
        params: Its query; by default the largest page.
        body: What it answers.
    """

    scope: str
    path: str
    params: dict[str, Any] | None = None
    body: Body = Body.LIST


_DETAILS = {
    ANNOTATIONS.name: _Detail(
        "read_builds",
        f"{_BUILD}/annotations",
        # Without it annotations of jobs are left out.
        {"per_page": PER_PAGE, "scope": "all"},
    ),
    ARTIFACTS.name: _Detail("read_artifacts", f"{_BUILD}/artifacts"),
    STEP_UPLOADS.name: _Detail("read_builds", f"{_BUILD}/step-uploads", body=Body.WRAPPED),
    JOB_ENV.name: _Detail("read_job_env", f"{_BUILD}/jobs/{{job_id}}/env", body=Body.OBJECT),
    FAILED_EXECUTIONS.name: _Detail(
        "read_suites",
        "analytics/organizations/{organization_slug}/suites/{suite_slug}/runs/{run_id}"
        "/failed_executions",
        {"per_page": PER_PAGE, "include_failure_expanded": "true"},
    ),
}


def rest_config(
    session: BuildkiteSession,
    *,
    organizations: list[str],
    pipelines: list[str],
    build_slices: DltResource,
    build_lists: BuildLists,
    details: Mapping[str, DetailParents],
    others: list[EndpointResource],
) -> RESTAPIConfig:
    """Return the declared configuration of all endpoints.

    Args:
        session: Sends every request.
        organizations: Slugs to load; empty for all the token sees.
        pipelines: Slugs to load; empty for all.
        build_slices: Resource whose items name a build list and a time window.
        build_lists: What those items come from.
        details: Builds, jobs or runs whose details are wanted, by the name of the table.
        others: Endpoints of the catalog.
    """
    chosen_organizations = Selection(organizations, _unknown("organization"))
    chosen_pipelines = Selection(pipelines, _unknown("pipeline"))

    def organizations_end() -> None:
        chosen_organizations.ended(of=1)

    def organizations_page(items: list[RawItem]) -> None:
        chosen_organizations.see(items)

    def pipelines_end() -> None:
        wanted = chosen_organizations.wanted or chosen_organizations.visible
        chosen_pipelines.ended(of=len(wanted))

    return {
        "client": {"base_url": session.base_url, "session": session},
        "resource_defaults": {
            "selected": False,
            "endpoint": {"data_selector": "$"},
        },
        "resources": [
            _endpoint(
                "organizations_pages",
                "organizations",
                ListPages(
                    NeedsScope("read_organizations"),
                    organizations_page,
                    organizations_end,
                    _limit("organizations_pages"),
                ),
                steps=[{"filter": chosen_organizations.takes}],
            ),
            _endpoint(
                "pipelines_pages",
                "organizations/{resources.organizations_pages.slug}/pipelines",
                ListPages(
                    NeedsScope("read_pipelines"),
                    chosen_pipelines.see,
                    pipelines_end,
                    _limit("pipelines_pages"),
                ),
                include_from_parent=["id", "slug"],
                steps=[
                    {"filter": chosen_pipelines.takes},
                    {"map": _rename("_organizations_pages_", "organization_")},
                ],
            ),
            build_slices,
            _endpoint(
                "builds_pages",
                "organizations/{resources.build_slices.scope}/builds"
                "{resources.build_slices.filters}",
                SlicePages(
                    NeedsScope("read_builds", EVERY_REFUSAL),
                    session,
                    build_lists,
                    _limit("builds_pages"),
                ),
                params={
                    "per_page": "{resources.build_slices.per_page}",
                    "created_from": "{resources.build_slices.created_from}",
                    "created_to": "{resources.build_slices.created_to}",
                    # Without it the attempts before the last vanish from later payloads.
                    "include_retried_jobs": "true",
                },
                include_from_parent=["organization_id"],
                steps=[{"map": _rename("_build_slices_", "")}],
            ),
            *(part for name, parents in details.items() for part in _details(name, parents)),
            *others,
        ],
    }


def _details(name: str, parents: DetailParents) -> Iterator[EndpointResource | DltResource]:
    detail = _DETAILS[name]
    parent = parents.resource()
    yield parent
    places = {name: f"{{resources.{parent.name}.{name}}}" for name in parents.parameters}
    yield _endpoint(
        f"{name}_pages",
        detail.path.format(**places),
        DetailPages(detail.scope, parents, body=detail.body),
        params=detail.params,
    )


def _endpoint(
    name: str,
    path: str,
    paginator: ListPages,
    *,
    steps: list[Any] | None = None,
    params: dict[str, Any] | None = None,
    include_from_parent: list[str] | None = None,
) -> EndpointResource:
    resource: EndpointResource = {
        "name": name,
        "endpoint": {
            "path": path,
            "params": {"per_page": PER_PAGE} if params is None else params,
            "paginator": paginator,
        },
        "processing_steps": steps or [],
    }
    if include_from_parent:
        resource["include_from_parent"] = include_from_parent
    return resource


def _limit(name: str) -> Callable[[], int | None]:
    names = [table.name for table in TABLES_OF[name][""]]
    return lambda: page_limit(names)


def _rename(prefix: str, new: str) -> Callable[[RawItem], RawItem]:
    """Return a step that renames the fields dlt took from the parent."""

    def step(item: RawItem) -> RawItem:
        item.context = {
            new + key.removeprefix(prefix): value for key, value in item.context.items()
        }
        return item

    return step


def _unknown(kind: str) -> Callable[[list[str], list[str]], None]:
    def report(unknown: list[str], visible: list[str]) -> None:
        raise UnknownSlugError(kind, unknown, visible)

    return report
