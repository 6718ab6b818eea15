import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.catalog.selection import Selection

from ..client.examples import examples

Report = tuple[list[str], list[str]]
SLUGS = st.sampled_from(["web", "api", "docs", "ops"])


def selection(*wanted: str) -> tuple[Selection, list[Report]]:
    reports: list[Report] = []
    return Selection(wanted, lambda *report: reports.append(report)), reports


def rows(*slugs: str) -> list[dict[str, str]]:
    return [{"slug": slug} for slug in slugs]


def test_an_empty_selection_takes_everything_and_misses_nothing() -> None:
    chosen, reports = selection()
    assert all(chosen.takes(item) for item in rows("web", "api"))
    chosen.see(rows("web"))
    chosen.ended(of=1)
    assert reports == []


def test_takes_what_was_asked_for() -> None:
    chosen, _ = selection("web", "web", "api")
    assert [chosen.takes(item) for item in rows("web", "docs", "api", "Web")] == [
        True,
        False,
        True,
        False,
    ]


@given(
    wanted=st.lists(SLUGS, max_size=3),
    lists=st.lists(st.lists(st.lists(SLUGS, max_size=2), max_size=3), min_size=1, max_size=3),
)
@examples(80)
def test_an_unknown_slug_is_reported_once_all_lists_have_ended(
    wanted: list[str], lists: list[list[list[str]]]
) -> None:
    chosen, reports = selection(*wanted)
    for pages in lists:
        assert reports == []
        for page in pages:
            chosen.see(rows(*page))
        chosen.ended(of=len(lists))
    visible = [slug for pages in lists for page in pages for slug in page]
    unknown = sorted(set(wanted) - set(visible))
    assert reports == ([(unknown, visible)] if unknown else [])


def test_what_the_report_raises_reaches_the_caller() -> None:
    def report(unknown: list[str], visible: list[str]) -> None:
        raise LookupError(unknown, visible)

    chosen = Selection(["web"], report)
    chosen.see(rows("api"))
    with pytest.raises(LookupError, match=r"\['web'\], \['api'\]"):
        chosen.ended(of=1)


def test_a_reset_forgets_what_was_seen() -> None:
    chosen, reports = selection("web")
    chosen.see(rows("web"))
    chosen.ended(of=1)
    chosen.reset()
    chosen.see(rows("api"))
    assert reports == []
    chosen.ended(of=1)
    assert reports == [(["web"], ["api"])]
