"""Annotations asked for by GraphQL, many builds at once, as long as that is worth it."""

from collections.abc import Iterator
from typing import Any

from buildkite_source.client import BuildkiteError, GraphqlUsed, StoppedError
from buildkite_source.graphql import (
    LEAST_BUILDS,
    GraphqlClient,
    TooLong,
    annotations,
    annotations_of_build,
)
from buildkite_source.settings import SettingError

from .allowance import Allowance

AUTO, REST, GRAPHQL = "auto", "rest", "graphql"
WAYS = (AUTO, REST, GRAPHQL)
# For fewer builds REST takes hardly more requests.
_WORTH_IT = 10
_AT_ONCE = 500
_FIRST = 10
# Points a build asks for at first, and some for what its first answer may leave open.
_PRICE = annotations_of_build(_FIRST) + 8

Answer = tuple[dict[str, Any], list[dict[str, Any]] | None]


def annotation_queries(by: str, client: GraphqlClient | None) -> "AnnotationQueries | None":
    """Return the way to ask GraphQL that a setting names; None where REST is to be asked alone.

    Args:
        by: The setting `annotations_by`.
        client: None where it is not known where the GraphQL API is.

    Raises:
        SettingError: It cannot be.
    """
    if by not in WAYS:
        raise SettingError(
            f"The setting annotations_by must be one of {', '.join(WAYS)}, unlike {by!r}."
        )
    if by == GRAPHQL and not client:
        raise SettingError(
            "The setting annotations_by is graphql, and it is not known where the GraphQL API is: "
            "set graphql_url, or load them by rest."
        )
    return None if by == REST or not client else AnnotationQueries(client, by_name=by != AUTO)


class AnnotationQueries:
    """Asks GraphQL first, and leaves to REST what it cannot tell.

    On its own account (`auto`) it asks where many builds are missing, spends the points there are
    without waiting for more, and gives up for the rest of the run where the token has no access
    or the API is out of order. Asked for by name (`graphql`) it waits for points, and fails.

    Args:
        client: For the same token as the session's.
        by_name: Whether GraphQL was asked for by name.
    """

    def __init__(self, client: GraphqlClient, *, by_name: bool) -> None:
        self.client = client
        self._by_name = by_name

    def answers(self, missing: list[dict[str, Any]], allowance: Allowance) -> Iterator[Answer]:
        """Yield builds with their annotations as REST would list them; None where one is gone.

        Args:
            missing: Builds, most urgent first; those that REST has to be asked for are left out.
            allowance: Bounds the queries.

        Raises:
            BuildkiteError: GraphQL was asked for by name, and refused.
        """
        stats, points = self.client.stats, self.client.budget.stats
        queries, spent, builds, left = stats.requests, points.points, 0, ""
        try:
            for answer in self._answers(missing, allowance):
                builds += 1
                yield answer
        except StoppedError:
            return
        except BuildkiteError as error:
            if self._by_name:
                raise
            left = self.client.unusable = str(error)
        finally:
            used = GraphqlUsed(builds, stats.requests - queries, points.points - spent, left)
            if used.queries and self.client.listener:
                self.client.listener(used)

    def _answers(self, missing: list[dict[str, Any]], allowance: Allowance) -> Iterator[Answer]:
        begin = 0
        if not self._by_name and (len(missing) < _WORTH_IT or self.client.unusable):
            return
        while begin < len(missing) and not allowance.refuses():
            most = self._most(len(missing) - begin)
            if not most:
                return
            left = allowance.left_requests()
            if left is not None:
                most = min(most, left * LEAST_BUILDS)
            builds = {build["build_id"]: build for build in missing[begin : begin + most]}
            begin += len(builds)
            for build_id, told in annotations(self.client, builds, first=_FIRST):
                if not isinstance(told, TooLong):
                    yield builds[build_id], told if isinstance(told, list) else None

    def _most(self, builds: int) -> int:
        """Return how many builds may be asked for now: without waiting, unless by name."""
        if self._by_name:
            return _AT_ONCE
        return min(
            _AT_ONCE, self.client.room(min(builds, LEAST_BUILDS) * _PRICE, wait=False) // _PRICE
        )
