"""Every endpoint the source reads, declared once: path, parent, parameters, scope, pages.

Endpoints yield pages of undecoded items and are no tables themselves; `source.py` hangs the
tables of `tables/` on them, so that two tables (builds, jobs) share one request.
"""

from collections.abc import Callable
from typing import Any

from dlt.extract import DltResource
from dlt.sources.rest_api.typing import EndpointResource, RESTAPIConfig

from .client import BuildkiteSession, RawItem, UnknownSlugError, needs_scope
from .limits import page_limit
from .paginators import ListPages, OnEnd, OnPage
from .settings import PER_PAGE
from .sync import Selection
from .tables import BUILDS, JOBS, ORGANIZATIONS, PIPELINES, Table

TABLES_OF: dict[str, tuple[Table, ...]] = {
    "organization_pages": (ORGANIZATIONS,),
    "pipeline_pages": (PIPELINES,),
    "build_pages": (BUILDS, JOBS),
}


def rest_config(
    session: BuildkiteSession,
    *,
    organizations: list[str],
    pipelines: list[str],
    build_slices: DltResource,
    on_slice_end: OnEnd,
) -> RESTAPIConfig:
    """Return the declared configuration of all endpoints.

    Args:
        session: Sends every request.
        organizations: Slugs to load; empty for all the token sees.
        pipelines: Slugs to load; empty for all.
        build_slices: Resource whose items name a build list and a time window: `scope`
            (`acme` or `acme/pipelines/web`), `created_from`, `created_to`, `organization_id`.
        on_slice_end: Called when the last page of a slice has arrived.
    """
    chosen_organizations = Selection(organizations, _unknown("organization"))
    chosen_pipelines = Selection(pipelines, _unknown("pipeline"))

    def organizations_end(*_: Any) -> None:
        chosen_organizations.ended(of=1)

    def organizations_page(items: list[RawItem]) -> None:
        chosen_organizations.see(items)

    def pipelines_end(*_: Any) -> None:
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
                "organizations/{resources.build_slices.scope}/builds",
                scope="read_builds",
                on_end=on_slice_end,
                params={
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
    params: dict[str, Any] | None = None,
    include_from_parent: list[str] | None = None,
) -> EndpointResource:
    names = [table.name for table in TABLES_OF[name]]
    resource: EndpointResource = {
        "name": name,
        "endpoint": {
            "path": path,
            "params": params or {},
            "paginator": ListPages(on_page, on_end, lambda: page_limit(names)),
            "response_actions": [needs_scope(scope)],
        },
        "processing_steps": steps,
    }
    if include_from_parent:
        resource["include_from_parent"] = include_from_parent
    return resource


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
