"""The annotations of many builds, as REST would list them, in few queries.

A query asks a hundred builds for their newest annotations. What that leaves open is asked in
further rounds over many builds at once: the rest of longer lists, and the jobs of annotations in
job scope, which GraphQL tells only from the job's side (`Annotation` has no job field).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from . import cost
from .batches import Gone, Question, TooLong, ask
from .client import GraphqlClient
from .rows import annotation_row, scope_of

Rows = list[dict[str, Any]]

# Builds whose further rounds are asked together.
_CHUNK = 500
_NODE = "uuid context style scope priority createdAt updatedAt body { html }"
_LIST = (
    "annotations(first: %d, scope: [BUILD, JOB], order: RECENTLY_CREATED%s) "
    f"{{ count pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_NODE} }} }} }}"
)
_COUNT = "jobs(first: 1, type: [COMMAND]) { count }"
_OWNERS = (
    "jobs(first: %d, type: [COMMAND]) { edges { node { ... on JobTypeCommand "
    "{ uuid annotations(first: %d) { edges { node { uuid } } } } } } }"
)


@dataclass(slots=True)
class _Reading:
    """What is known of one build so far.

    Attributes:
        nodes: Its annotations by id.
        expected: How many there are, as the newest answer tells.
        cursor: Where the next page begins; None when there is none.
        jobs: How many command jobs it has.
        owners: Jobs by the ids of their annotations.
        refused: Why it ends without rows, if it does.
    """

    build_id: str
    nodes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    expected: int = 0
    cursor: str | None = None
    jobs: int = 0
    owners: dict[str, str] = field(default_factory=dict)
    refused: Gone | TooLong | None = None

    @property
    def in_jobs(self) -> list[str]:
        """Ids of the annotations in job scope."""
        return [key for key, node in self.nodes.items() if scope_of(node) == "job"]

    def result(self) -> Rows | Gone | TooLong:
        """Return the rows, in the order of the API: newest first."""
        if self.refused is not None:
            return self.refused
        if not self.owners.keys() >= set(self.in_jobs):
            return TooLong("Not every annotation's job was found among the build's jobs.")
        return [annotation_row(node, self.owners.get(key)) for key, node in self.nodes.items()]


Take = Callable[[_Reading, dict[str, Any]], None]


def annotations(
    client: GraphqlClient,
    build_ids: Iterable[str],
    *,
    first: int = 10,
    longest: int = 100,
    most_jobs: int = 100,
) -> Iterator[tuple[str, Rows | Gone | TooLong]]:
    """Read the annotations, of both scopes, of many builds.

    A build costs 4 points and 2 for each annotation; one with annotations in job scope 6 more
    and 3 for each of its command jobs. Ids are read 500 at a time.

    Args:
        client: For the token that may see the builds.
        build_ids: UUIDs of builds, the `id` of REST.
        first: Annotations asked for at once; more than that need a further round.
        longest: Builds with more annotations are left to REST, whose pages hold a hundred.
        most_jobs: Builds with more command jobs, and annotations in job scope, are left to REST;
            0 leaves all with annotations in job scope to it.

    Yields:
        Each build's id with its annotations, or with `Gone`, or with `TooLong`, which means that
        REST has to be asked. Annotations have the keys `id`, `context`, `style`, `scope`,
        `job_id`, `priority`, `body_html`, `created_at` and `updated_at` with the values of
        https://buildkite.com/docs/apis/rest-api/annotations (`scope=all`). The order of builds
        is not that of `build_ids`.

    Raises:
        NoGraphqlAccessError: The token may not use GraphQL: ask REST for all of it.
        BuildkiteError: As `GraphqlClient.run` does, among them `GraphqlError` where the API
            refuses the query as such.
    """
    remaining = iter(build_ids)
    while chunk := list(islice(remaining, _CHUNK)):
        open_ones: list[_Reading] = []
        asked = [_first_page(_Reading(each), min(first, longest)) for each in chunk]
        for reading in _round(client, asked, _take_page(longest)):
            if reading.refused is None and (reading.cursor is not None or reading.in_jobs):
                open_ones.append(reading)
            else:
                yield reading.build_id, reading.result()
        _read_on(client, open_ones, longest)
        _find_jobs(client, open_ones, most_jobs)
        for reading in open_ones:
            yield reading.build_id, reading.result()


def _read_on(client: GraphqlClient, readings: Iterable[_Reading], longest: int) -> None:
    unread = [each for each in readings if each.refused is None and each.cursor is not None]
    while unread:
        asked = [_next_page(each) for each in unread]
        rounds = _round(client, asked, _take_page(longest))
        unread = [each for each in rounds if each.refused is None and each.cursor is not None]


def _find_jobs(client: GraphqlClient, readings: Iterable[_Reading], most_jobs: int) -> None:
    scoped = [each for each in readings if each.refused is None and each.in_jobs]
    if not most_jobs:
        for each in scoped:
            each.refused = TooLong("It has annotations in job scope.")
        return
    price = cost.count_in_build()
    counted = [Question(each, each.build_id, _COUNT, price) for each in scoped]
    few = []
    for reading in _round(client, counted, _take_count):
        if reading.refused is None and reading.jobs > most_jobs:
            reading.refused = TooLong(f"It has {reading.jobs} jobs, and annotations in job scope.")
        if reading.refused is None:
            few.append(_owners(reading))
    for _ in _round(client, few, _take_owners):
        pass


def _round(
    client: GraphqlClient, questions: Sequence[Question[_Reading]], take: Take
) -> Iterator[_Reading]:
    for reading, told in ask(client, questions):
        if isinstance(told, dict):
            try:
                take(reading, told)
            except (KeyError, TypeError, AttributeError):
                reading.refused = TooLong("The answer is not of the documented form.")
        else:
            reading.refused = told
        yield reading


def _first_page(reading: _Reading, first: int) -> Question[_Reading]:
    price = cost.annotations_of_build(first)
    return Question(reading, reading.build_id, _LIST % (first, ""), price)


def _next_page(reading: _Reading) -> Question[_Reading]:
    first = min(max(1, reading.expected - len(reading.nodes)), cost.LARGEST_PAGE)
    fields = _LIST % (first, ", after: $cursor")
    price = cost.annotations_of_build(first)
    return Question(reading, reading.build_id, fields, price, reading.cursor)


def _owners(reading: _Reading) -> Question[_Reading]:
    # One more of each than is known of, should one have been added meanwhile.
    jobs, first = reading.jobs + 1, len(reading.in_jobs) + 1
    price = cost.annotations_of_jobs(jobs, first)
    return Question(reading, reading.build_id, _OWNERS % (jobs, first), price)


def _take_page(longest: int) -> Take:
    def take(reading: _Reading, build: dict[str, Any]) -> None:
        found = build["annotations"]
        reading.expected = found["count"]
        before = len(reading.nodes)
        reading.nodes |= {node["uuid"]: node for node in _nodes(found)}
        page = found["pageInfo"]
        reading.cursor = page["endCursor"] if page["hasNextPage"] else None
        if max(reading.expected, len(reading.nodes)) > longest:
            reading.refused = TooLong(f"It has {reading.expected} annotations.")
        elif page["hasNextPage"] and (reading.cursor is None or len(reading.nodes) == before):
            reading.refused = TooLong("Its annotations did not go on where they should.")

    return take


def _take_count(reading: _Reading, build: dict[str, Any]) -> None:
    reading.jobs = int(build["jobs"]["count"])


def _take_owners(reading: _Reading, build: dict[str, Any]) -> None:
    for job in _nodes(build["jobs"]):
        for note in _nodes(job["annotations"]):
            reading.owners[note["uuid"]] = job["uuid"]


def _nodes(connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]
