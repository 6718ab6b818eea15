"""One authenticated request, as the endpoints see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from starlette.responses import Response

from buildkite_simulator.api.errors import ApiError, invalid, json_response
from buildkite_simulator.api.limits import Windows
from buildkite_simulator.api.paging import cursor_page, numbered_page
from buildkite_simulator.api.points import Points
from buildkite_simulator.api.query import Query
from buildkite_simulator.api.storage import Storage
from buildkite_simulator.api.tokens import Token
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.model import Build, Job, Organization, Pipeline
from buildkite_simulator.world.world import World

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """A request with everything an endpoint needs to answer it."""

    world: World
    renderer: Renderer
    switches: Switches
    windows: Windows
    points: Points
    storage: Storage
    token: Token
    at: int
    method: str
    url: str
    headers: Mapping[str, str]
    query: Query
    path: dict[str, str]
    body: bytes

    @property
    def organization(self) -> Organization:
        """The organization of the path, if the token may see it."""
        slug = self.path["organization"]
        if not self.token.sees(slug):
            raise ApiError(404, "No organization found")
        return self.world.organization(slug)

    @property
    def organizations(self) -> list[Organization]:
        """All organizations the token may see."""
        return [each for each in self.world.organizations if self.token.sees(each.slug)]

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline of the path."""
        return self.world.pipeline(self.organization, self.path["pipeline"])

    @property
    def build(self) -> Build:
        """The build of the path."""
        pipeline = self.pipeline
        number = self.path["number"]
        if not number.isdigit():
            raise ApiError(404, "No build found")
        return self.world.build(pipeline.organization.slug, pipeline.slug, int(number))

    @property
    def job(self) -> Job:
        """The job of the path, under its build or its organization."""
        organization = self.organization
        job = self.world.job(self.path["job"])
        if "number" in self.path and job.build is not self.build:
            raise ApiError(404, "No job found")
        if job.build.pipeline.organization is not organization:
            raise ApiError(404, "No job found")
        return job

    def json_body(self) -> dict[str, Any]:
        """Return the JSON object sent, or none."""
        if not self.body.strip():
            return {}
        try:
            sent = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise ApiError(400, "Problems parsing JSON") from None
        if not isinstance(sent, dict):
            raise invalid("body")
        return sent

    def page(self, rows: Sequence[T], render: Callable[[T], Any] | None = None) -> Response:
        """Return one page of a short list, of rows rendered already or only now."""
        shown, link = numbered_page(rows, self.url, self.query, self.switches)
        return _list_response(shown, render, link)

    def unclear_page(self, rows: Sequence[T], render: Callable[[T], Any] | None = None) -> Response:
        """Return a list of which no source says whether it comes in pages."""
        setting = self.switches.unclear_lists
        if setting == "whole":
            return _list_response(rows, render)
        shown, link = numbered_page(rows, self.url, self.query, self.switches)
        return _list_response(shown if setting == "paged" else rows, render, link)

    def cursor_page(
        self,
        rows: Sequence[T],
        identify: Callable[[T], str],
        render: Callable[[T], Any] | None = None,
        *,
        links: Sequence[str] = ("self", "first", "prev", "next"),
        header: bool | None = None,
        lenient: bool = False,
        known: Sequence[str] | None = None,
    ) -> Response:
        """Return one page by cursor, wrapped with its `links`.

        Args:
            rows: The whole list.
            identify: What a cursor remembers of a row.
            render: Renders a row, unless they are rendered already.
            links: Which `links` this list has.
            header: Whether they are in a `Link` header too; a switch if nobody knows.
            lenient: Whether a switch decides what becomes of a `per_page` over the maximum.
            known: What a cursor may remember though it is listed no more, with what is listed.
        """
        clamps = lenient and self.switches.per_page_over_maximum == "clamp"
        page, every = cursor_page(rows, self.url, self.query, identify, clamps=clamps, known=known)
        told = {name: every[name] for name in links if name in every}
        items = [render(row) for row in page] if render else list(page)
        response = json_response({"items": items, "links": told})
        others = [f'<{url}>; rel="{name}"' for name, url in told.items() if name != "self"]
        wanted = self.switches.cursor_link_header if header is None else header
        if wanted and others:
            response.headers["Link"] = ", ".join(others)
        return response


def _list_response(
    rows: Sequence[T], render: Callable[[T], Any] | None, link: str | None = None
) -> Response:
    response = json_response([render(row) for row in rows] if render else rows)
    if link:
        response.headers["Link"] = link
    return response
