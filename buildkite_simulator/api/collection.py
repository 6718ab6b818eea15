"""Lists of the organization side, each with the endpoint of a single object."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.api.errors import ApiError, json_response
from buildkite_simulator.render.catalogue import LISTED, Listed, Rows
from buildkite_simulator.render.context import Row

Paging = Literal["numbers", "cursor", "cursor_lenient", "none", "unclear"]


class Collection(NamedTuple):
    """How the API serves a list.

    Attributes:
        name: Its name in the catalogue.
        noun: What one of its objects is called when there is none.
        paging: How it is cut into pages: `cursor` refuses a `per_page` out of range; whether
            `cursor_lenient` does is a switch, and so is what `unclear` stands for.
        key: The field that addresses one object.
        details: The objects as each is by itself, if that differs; those not listed too.
        links: The `links` of a cursor page.
        cursor_header: Whether a cursor page has a `Link` header; None leaves it to a switch.
        of: Finds the parent; by default the one with the id in the path.
        chosen: Filters the rows by the query.
        hosted: Whether only clusters with hosted agents have it.
    """

    name: str
    noun: str
    paging: Paging = "numbers"
    key: str = "id"
    details: Rows | None = None
    links: tuple[str, ...] = ("self", "next")
    cursor_header: bool | None = None
    of: Callable[[Call], Any] | None = None
    chosen: Callable[[Call, list[Row]], list[Row]] | None = None
    hosted: bool = False

    def page(self, call: Call) -> Response:
        """Answer with a page of the list."""
        listed = LISTED[self.name]
        parent, context = self._parent(call, listed), call.renderer.context
        rows = listed.rows(parent, call.at, context)
        if self.chosen is not None:
            rows = self.chosen(call, rows)
        if self.paging == "numbers":
            return call.page(rows)
        if self.paging == "none":
            return json_response(rows)
        if self.paging == "unclear":
            return call.unclear_page(rows)
        every = self.details(parent, call.at, context) if self.details else rows
        return call.cursor_page(
            rows,
            lambda row: str(row[self.key]),
            links=self.links,
            header=self.cursor_header,
            lenient=self.paging == "cursor_lenient",
            known=[str(row[self.key]) for row in every],
        )

    def get(self, call: Call) -> Response:
        """Answer with the object in the path."""
        listed = LISTED[self.name]
        rows = self.details or listed.rows
        whole = rows(self._parent(call, listed), call.at, call.renderer.context)
        return json_response(find(whole, self.key, call.path["key"], self.noun))

    def single(self, call: Call) -> Response:
        """Answer with what a parent has one of."""
        listed = LISTED[self.name]
        (row,) = listed.rows(self._parent(call, listed), call.at, call.renderer.context)
        return json_response(row)

    def _parent(self, call: Call, listed: Listed) -> Any:
        organization = call.organization
        if listed.feature in organization.withheld:
            raise ApiError(403, "Forbidden")
        if self.of is not None:
            return self.of(call)
        if listed.parent == "organization":
            return organization
        for parent in listed.parents(organization, call.at):
            if parent.id == call.path[listed.parent]:
                absent = call.switches.unhosted_clusters == "not_found"
                if self.hosted and absent and not parent.is_hosted:
                    raise ApiError(404, f"No {self.noun} found")
                return parent
        raise ApiError(404, f"No {listed.parent.replace('_', ' ')} found")


def find(rows: list[Row], key: str, value: str, noun: str) -> Row:
    """Return the row with a key, or raise the API's 404."""
    for row in rows:
        if row[key] == value:
            return row
    raise ApiError(404, f"No {noun} found")
