"""Builds or jobs whose details are missing: parents of declared endpoints, one after the other."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import dlt
import orjson
from dlt.extract import DltResource
from requests import Request

from buildkite_source.client import BuildkiteSession, DetailsBegun, DetailsRead, RawItem
from buildkite_source.tables import BUILD_COLUMNS

from .allowance import Allowance

BUILD_PARAMETERS = tuple(column.name for column in BUILD_COLUMNS)


class DetailParents:
    """What is missing of one kind, most urgent first, while it is fetched.

    Iterating gives one parent after the other, each when the pages of the one before have
    arrived, until the allowance is spent. What is known without asking comes first: it travels
    as a page of one of them, for which no request is sent.

    Args:
        kind: Name of the table, such as `annotations`.
        find: Returns the missing parents; asked when the first one is drawn.
        allowance: What the load may spend.
        session: Hears what was done and what waits.

    Attributes:
        id_column: Column that identifies a parent.
        parameters: Columns of a parent that its endpoint and its rows need.
        under_way: The parent that was yielded last.
    """

    id_column = "build_id"
    parameters: tuple[str, ...] = BUILD_PARAMETERS

    def __init__(
        self,
        kind: str,
        find: Callable[[], list[dict[str, Any]]],
        allowance: Allowance,
        session: BuildkiteSession,
    ) -> None:
        self.kind = kind
        self.session = session
        self.allowance = allowance
        self._find = find
        self.under_way: dict[str, Any] = {}
        self._known: list[RawItem] | None = None

    @property
    def name(self) -> str:
        """Name of the resource."""
        return f"{self.kind}_parents"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of parent after parent."""
        self.allowance.begin()
        missing = self._find()
        known: set[str] = set()
        for parent, items in self.ask(missing, known):
            self._known = items
            self._begin(parent, len(known), len(missing))
            yield self.context(parent)
        left = [parent for parent in missing if parent[self.id_column] not in known]
        reason, done = "", 0
        for parent in left:
            reason = self.allowance.refuses()
            if reason:
                break
            done += 1
            self._begin(parent, len(known) + done, len(missing))
            yield self.context(parent)
        self.session.tell(DetailsRead(self.kind, len(known) + done, reason, left[done:]))
        if not known and not done:
            # A page without rows creates the tables.
            self._known = []
            yield dict.fromkeys(self.parameters, "")

    def ask(
        self, missing: list[dict[str, Any]], known: set[str]
    ) -> Iterator[tuple[dict[str, Any], list[RawItem]]]:
        """Yield pages of what is known without a request for each, with one of their parents.

        Args:
            missing: Parents, most urgent first.
            known: Takes the ids of those whose rows are on the pages.
        """
        del missing, known
        yield from ()

    def complete(self, page: list[RawItem], *, last: bool, gone: bool) -> None:
        """Say of which parent a page is.

        Args:
            page: What the API sent for the parent under way; changed in place.
            last: It is the last page.
            gone: The API does not know the parent any more.
        """
        raise NotImplementedError

    def item(self, row: dict[str, Any], parent: dict[str, Any], at: datetime) -> RawItem:
        """Return a row of a parent as the API would have sent it."""
        item = RawItem(orjson.dumps(row), at)
        item.context = self.context(parent)
        return item

    def context(self, parent: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of a parent."""
        return {name: parent[name] for name in self.parameters}

    def answer(self, request: Request) -> None:
        """Have the page ready for the parent under way if it is known already."""
        if self._known is not None:
            self.session.answer_ahead(request, self._known)
            self._known = None

    def resource(self) -> DltResource:
        """Return the parent of the declared endpoint."""

        @dlt.resource(name=self.name, selected=False)
        def parents() -> Iterator["DetailParents"]:
            # An iterable that is no list: dlt hands it on whole, and its declared child draws
            # one parent after the other from it.
            yield self

        return parents()

    def _begin(self, parent: dict[str, Any], number: int, total: int) -> None:
        self.under_way = parent
        self.session.tell(DetailsBegun(self.kind, number, total))
