import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.catalog.selection import Selection
from buildkite_source.client import UnknownSlugError

from ..client.examples import examples

SLUGS = st.sampled_from(["web", "api", "docs", "ops"])


def rows(*slugs: str) -> list[dict[str, str]]:
    return [{"slug": slug} for slug in slugs]


def test_an_empty_selection_takes_everything_and_misses_nothing() -> None:
    chosen = Selection("pipeline", None)
    assert all(chosen.takes(item) for item in rows("web", "api"))
    chosen.see(rows("web"))
    chosen.ended()


def test_takes_what_was_asked_for() -> None:
    chosen = Selection("pipeline", ["web", "web", "api"])
    assert [chosen.takes(item) for item in rows("web", "docs", "api", "Web")] == [
        True,
        False,
        True,
        False,
    ]


@given(
    wanted=st.lists(SLUGS, max_size=3),
    lists=st.lists(st.lists(st.lists(SLUGS, max_size=2), max_size=3), min_size=1, max_size=3),
    by_name=st.booleans(),
)
@examples(80)
def test_an_unknown_slug_is_an_error_once_all_lists_have_ended(
    wanted: list[str], lists: list[list[list[str]]], by_name: bool
) -> None:
    organizations = [f"organization-{number}" for number in range(len(lists))]
    owners = Selection("organization", organizations if by_name else None)
    owners.see(rows(*organizations))
    chosen = Selection("pipeline", wanted, one_list_for=owners)
    for pages in lists[:-1]:
        for page in pages:
            chosen.see(rows(*page))
        chosen.ended()
    for page in lists[-1]:
        chosen.see(rows(*page))
    visible = {slug for pages in lists for page in pages for slug in page}
    unknown = sorted(set(wanted) - visible)
    if not unknown:
        chosen.ended()
        return
    with pytest.raises(UnknownSlugError) as raised:
        chosen.ended()
    assert all(slug in str(raised.value) for slug in unknown)
    assert "pipeline" in str(raised.value)
