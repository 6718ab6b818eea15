"""Every endpoint the source reads, declared once: path, parent, parameters, scope, pages.

Endpoints yield pages of undecoded items and are no tables themselves; `source.py` hangs the
tables of `tables/` on them, so that two tables (builds, jobs) share one request.
"""

from collections.abc import Callable
from typing import Any

from dlt.extract import DltResource
from dlt.sources.rest_api.typing import EndpointResource, RESTAPIConfig

from .build_lists import BuildLists
from .client import BuildkiteSession, NeedsScope, RawItem, Refusal, UnknownSlugError
from .client.refusals import EVERY_REFUSAL, Refusals
from .limits import page_limit
from .paginators import ListPages, OnEnd, OnPage, SlicePages
from .settings import PER_PAGE
from .sync import Selection
from .tables import BUILDS, JOBS, MISSING_BUILDS, ORGANIZATIONS, PIPELINES, SLICES, Table

# Tables read from each endpoint's pages, by the kind of item they are read from.
TABLES_OF: dict[str, dict[str, tuple[Table, ...]]] = {
    "organization_pages": {"": (ORGANIZATIONS,)},
    "pipeline_pages": {"": (PIPELINES,)},
    "build_pages": {
        "": (BUILDS, JOBS),
        SLICES.name: (SLICES,),
        MISSING_BUILDS.name: (MISSING_BUILDS,),
    },
}


def rest_config(
    session: BuildkiteSession,
    *,
    organizations: list[str],
    pipelines: list[str],
    build_slices: DltResource,
    build_lists: BuildLists,
) -> RESTAPIConfig:
    """Return the declared configuration of all endpoints.

    Args:
        session: Sends every request.
        organizations: Slugs to load; empty for all the token sees.
        pipelines: Slugs to load; empty for all.
        build_slices: Resource whose items name a build list and a time window.
        build_lists: What those items come from.
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
            "endpoint": {"data_selector": "$", "params": {"per_page": PER_PAGE}},
        },
        "resources": [
            _endpoint(
                "organization_pages",
                "organizations",
                scope="read_organizations",
                on_page=organizations_page,
                on_end=organizations_end,
                steps=[{"filter": chosen_organizations.takes}],
            ),
            _endpoint(
                "pipeline_pages",
                "organizations/{resources.organization_pages.slug}/pipelines",
                scope="read_pipelines",
                on_page=chosen_pipelines.see,
                on_end=pipelines_end,
                include_from_parent=["id", "slug"],
                steps=[
                    {"filter": chosen_pipelines.takes},
                    {"map": _rename("_organization_pages_", "organization_")},
                ],
            ),
            build_slices,
            _endpoint(
                "build_pages",
                "organizations/{resources.build_slices.scope}/builds"
                "{resources.build_slices.filters}",
                scope="read_builds",
                paginator=SlicePages(session, build_lists, _limit("build_pages")),
                tolerates=EVERY_REFUSAL,
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
        ],
    }


def _endpoint(
    name: str,
    path: str,
    *,
    scope: str,
    steps: list[Any],
    on_page: OnPage | None = None,
    on_end: OnEnd | None = None,
    paginator: ListPages | None = None,
    tolerates: Refusals = frozenset({Refusal.STOPPED}),
    params: dict[str, Any] | None = None,
    include_from_parent: list[str] | None = None,
) -> EndpointResource:
    resource: EndpointResource = {
        "name": name,
        "endpoint": {
            "path": path,
            "params": params or {},
            "paginator": paginator or ListPages(on_page, on_end, _limit(name)),
            "response_actions": [NeedsScope(scope, tolerates)],
        },
        "processing_steps": steps,
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
