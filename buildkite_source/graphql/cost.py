"""What a GraphQL query costs, by Buildkite's rules; pure sums, in complexity points.

Scalars are free, an object costs 1, a connection 1, its `edges` 1 and each of its nodes 1; what
is nested is multiplied by the count of its parents (GraphQL resource limits,
https://buildkite.com/docs/apis/graphql/graphql-resource-limits).
"""

# A query that asks for more is refused before it runs.
MOST_POINTS = 50_000
# Nodes of one page of a connection.
LARGEST_PAGE = 500


def connection(nodes: int, each: int = 0, *, page_info: bool = False) -> int:
    """Return the points of a connection and everything in it.

    Args:
        nodes: Nodes asked for, by `first` or `last`.
        each: Points of the objects inside one node.
        page_info: Whether `pageInfo` is selected.
    """
    return 1 + 1 + nodes * (1 + each) + page_info


def annotations_of_build(first: int) -> int:
    """Return the points of one build with up to `first` annotations and their bodies."""
    return 1 + connection(first, 1, page_info=True)


def count_in_build() -> int:
    """Return the points of one build with the bare count of a connection."""
    return 1 + 1


def annotations_of_jobs(jobs: int, first: int) -> int:
    """Return the points of one build with `jobs` jobs that have `first` annotations each."""
    return 1 + connection(jobs, connection(first))
