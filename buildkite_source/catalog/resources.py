"""The catalog's endpoints as dlt's declared REST resources, and their tables."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from dlt.extract import DltResource
from dlt.sources.rest_api.typing import EndpointResource

from buildkite_source.client import Body, BuildkiteSession, RawItem
from buildkite_source.defaults import PER_PAGE
from buildkite_source.resources.history import check_history
from buildkite_source.resources.keep import Keep
from buildkite_source.settings import Scope, of_setting
from buildkite_source.tables import AGENTS
from buildkite_source.warehouse.state import follow_destination, list_state
from buildkite_source.windows import parse_since

from . import ENDPOINTS, Endpoint, with_parents
from .access import Access
from .agents import agents_of_jobs
from .newest import NewestFirst
from .pages import EndpointPages
from .tables import catalog_tables

# What children call the objects of parents that are no part of the catalog.
_NOUNS = {"organizations": "organization", "pipelines": "pipeline"}
# Rows that come from elsewhere, by the name of the endpoint.
_MORE = {AGENTS.name: agents_of_jobs}


class CatalogResources:
    """All endpoints of the catalog that a source offers.

    Args:
        session: Sends the requests.
        scope: Names of the tables, and of those that are left out where the token may not read
            them.
        since: How far back lists that are sorted by time are wanted.

    Attributes:
        versioned: Tables of which every version is kept as well, not only of the catalog.

    Raises:
        BuildkiteError: No versions can be kept of a table.
    """

    def __init__(self, session: BuildkiteSession, scope: Scope, since: str) -> None:
        self._session = session
        self._access = Access(session, scope.optional or [])
        self._since = since
        self._endpoints = (*with_parents(ENDPOINTS, scope.catalog), *(scope.also or ()))
        self._nouns = _NOUNS | {each.name: each.noun for each in self._endpoints if each.noun}
        self.versioned = scope.history or []
        check_history(self.versioned, [*_NOUNS, *(each.name for each in self._endpoints)])

    def declared(self) -> list[EndpointResource]:
        """Return the declared resources, which yield pages."""
        return [self._resource(each) for each in self._endpoints]

    def tables(self, pages: Mapping[str, DltResource], keep: Keep) -> Iterator[DltResource]:
        """Yield the tables read from those pages; none is selected.

        Args:
            pages: Resources by name.
            keep: Takes from a table what is not to be kept.
        """
        for each in self._endpoints:
            yield from catalog_tables(
                pages[each.pages], each.tables, keep, self._session, self.versioned
            )

    def _resource(self, endpoint: Endpoint) -> EndpointResource:
        fields = {name: self._of_parent(name, endpoint) for name in endpoint.taken()}
        params: dict[str, Any] = dict(endpoint.params)
        if endpoint.paged and endpoint.body is not Body.OBJECT:
            params["per_page"] = PER_PAGE
        places = {
            name: f"{{resources.{endpoint.parent}_pages.{self._of_parent(name, endpoint)}}}"
            for name in endpoint.placeholders()
        }
        resource: EndpointResource = {
            "name": endpoint.pages,
            "endpoint": {
                "path": endpoint.path.format(**places),
                "params": params,
                "headers": dict(endpoint.headers),
                "paginator": EndpointPages(
                    endpoint, self._access, self._newest, _MORE.get(endpoint.name)
                ),
            },
            "processing_steps": [{"map": _renamed(fields, endpoint)}],
        }
        if fields and endpoint.parent:
            resource["include_from_parent"] = list(dict.fromkeys(fields.values()))
        return resource

    def _of_parent(self, name: str, endpoint: Endpoint) -> str:
        """Return the parent's field that its children call `name`."""
        noun = self._nouns.get(endpoint.parent or "", "")
        return name.removeprefix(f"{noun}_") if noun else name

    def _newest(self, endpoint: Endpoint, address: str) -> NewestFirst:
        follow_destination(self._session.tell)
        with of_setting("since"):
            since = parse_since(self._since, self._session.api_time)
        late = timedelta(days=endpoint.late_days)
        return NewestFirst(list_state(endpoint.name, address), since, late)


def _renamed(fields: Mapping[str, str], endpoint: Endpoint) -> Callable[[RawItem], RawItem]:
    """Return a step that gives what dlt took from the parent the names of the columns."""

    def step(item: RawItem) -> RawItem:
        taken = item.context
        of_parent = {
            name: taken[f"_{endpoint.parent}_pages_{field}"]
            for name, field in fields.items()
            if f"_{endpoint.parent}_pages_{field}" in taken
        }
        # Rows of our own know theirs already.
        own = {name: value for name, value in taken.items() if not name.startswith("_")}
        item.context = {**endpoint.constants, **of_parent, **own}
        return item

    return step
