from buildkite_source.tables import EVERY_TABLE, markdown
from tests.cli.running import REPOSITORY


def test_the_page_is_what_the_definitions_generate() -> None:
    page = (REPOSITORY / "docs" / "tables.md").read_text()
    assert page == markdown(EVERY_TABLE), (
        "Run: uv run python -m buildkite_source.tables > docs/tables.md"
    )
