"""A build too heavy to be sent whole: its fields and its jobs in separate requests."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import requests

from .errors import UnexpectedBodyError, describe, endless, raise_for_error
from .items import RawItem
from .session import BuildkiteSession

_EXCLUDED = ("exclude_jobs", "true")


class _Links(msgspec.Struct):
    next: str | None = None


class _JobPage(msgspec.Struct):
    items: list[msgspec.Raw]
    links: _Links | None = None


def fetch_in_parts(session: BuildkiteSession, url: str) -> tuple[list[RawItem], bool]:
    """Fetch a page of a build list without jobs, and the jobs from the jobs list.

    A build has up to 4,000 jobs; the jobs list has cursor pages of 100 (Jobs API,
    https://buildkite.com/docs/apis/rest-api/jobs) and leaves out `group_key`.

    Args:
        session: Sends the requests.
        url: A page of a build list that the API could not serve, with one build a page.

    Returns:
        The builds as the list would have sent them, and whether there is a next page.
    """
    page = session.get(_with(url, _EXCLUDED))
    raise_for_error(page, "read_builds")
    builds = [_with_jobs(session, build) for build in page.json()]
    return builds, "next" in page.links


def _with_jobs(session: BuildkiteSession, build: RawItem) -> RawItem:
    place = str(build["url"]).partition("/organizations/")[2]
    following: str | None = (
        f"{session.base_url}/organizations/{place}/jobs?per_page=100&include_retried_jobs=true"
    )
    jobs: list[bytes] = []
    asked: set[str] = set()
    while following:
        asked.add(following)
        response: requests.Response = session.get(following)
        raise_for_error(response, "read_builds")
        try:
            page = msgspec.json.decode(response.content, type=_JobPage)
        except msgspec.MsgspecError as error:
            raise UnexpectedBodyError(
                f"{describe(response)} sent jobs in a form the API does not document ({error})."
            ) from None
        jobs += [bytes(job) for job in page.items]
        following = page.links.next if page.links else None
        if following in asked:
            raise endless(response)
    raw = build.raw.rstrip()[:-1] + b',"jobs":[' + b",".join(jobs) + b"]}"
    return RawItem(raw, build.fetched_at)


def _with(url: str, parameter: tuple[str, str]) -> str:
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query), parameter]
    return parts._replace(query=urlencode(query)).geturl()
