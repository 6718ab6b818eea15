from buildkite_source.metrics import every_view, markdown
from tests.cli.running import REPOSITORY


def test_the_page_is_what_the_views_generate() -> None:
    page = (REPOSITORY / "docs" / "metrics.md").read_text()
    assert page == markdown(every_view()), (
        "Run: uv run python -m buildkite_source.metrics > docs/metrics.md"
    )


def test_no_column_is_described_that_is_not_there() -> None:
    for view in every_view():
        assert set(view.described) <= set(view.columns), view.name
        assert len(set(view.columns)) == len(view.columns), view.name
