import pytest

from buildkite_source.graphql import cost
from buildkite_source.graphql.cost import connection

# The worked sums of the reference, built from the same parts as the queries of this package.
SUMS = {
    "annotations of a page of builds": (1 + connection(50, connection(50)), 2_653),
    "with bodies": (1 + connection(50, connection(50, 1)), 5_153),
    "with page info": (
        1 + connection(50, connection(50, 1, page_info=True), page_info=True),
        5_204,
    ),
    "ten each": (1 + connection(50, connection(10, 1, page_info=True), page_info=True), 1_204),
    "jobs": (1 + connection(100, connection(100, page_info=True), page_info=True), 10_404),
    "jobs with three objects": (
        1 + connection(100, connection(100, 3, page_info=True), page_info=True),
        40_404,
    ),
    "actual, two annotations each": (1 + connection(50, connection(2, 1)), 353),
    "an alias": (cost.annotations_of_build(50), 104),
    "a count": (cost.count_in_build(), 2),
}


@pytest.mark.parametrize("name", SUMS)
def test_worked_sums(name: str) -> None:
    computed, documented = SUMS[name]
    assert computed == documented


def test_as_many_aliases_as_documented_fit_into_a_query() -> None:
    assert cost.MOST_POINTS // cost.annotations_of_build(50) == 480
