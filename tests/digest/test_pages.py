"""What a reader sees: three forms, whatever the builds are called, and however little there is."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from playwright.sync_api import BrowserContext, Page

from tests.cli.running import Cli
from tests.notebooks.worlds import HOSTILE

_PIPED = HOSTILE + " | a\\| `` @team <b> <!-- \x1b[31m\n# x"


@pytest.fixture
def hostile(tables: duckdb.DuckDBPyConnection) -> None:
    name = "'" + _PIPED.replace("'", "''") + "'"
    tables.execute(f"UPDATE organizations SET slug = {name} || slug")
    tables.execute(f"UPDATE pipelines SET slug = {name} || slug, web_url = 'javascript:alert(1)'")
    tables.execute(f"UPDATE builds SET pipeline_slug = {name} || pipeline_slug")
    tables.execute(f"UPDATE builds SET organization_slug = {name} || organization_slug")
    tables.execute(f"UPDATE jobs SET step_key = NULL, name = {name} || name, queue = {name}")


def report(cli: Cli, *arguments: str) -> str:
    return cli.loads("report", "--since", "28d", *arguments).out


def flat(text: str) -> list[Token]:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    return [part for token in tokens for part in (token, *(token.children or []))]


def test_markdown_has_a_table_for_each_section(loaded: Cli) -> None:
    text = report(loaded)
    tokens = flat(text)
    assert sum(token.type == "table_open" for token in tokens) == 8
    assert not [token for token in tokens if token.type.startswith("html")]
    links = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
    assert links
    assert all(link.startswith("https://buildkite.com/") for link in links)
    rows = [line.count(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) > 20


@pytest.mark.usefixtures("hostile")
def test_hostile_names_stay_names_in_markdown(loaded: Cli) -> None:
    text = report(loaded)
    tokens = flat(text)
    assert sum(token.type == "table_open" for token in tokens) == 8
    assert not [token for token in tokens if token.type.startswith("html")]
    assert not [token for token in tokens if token.type in {"link_open", "image"}]
    # Names are code and nothing else is made of them.
    shown = "".join(token.content for token in tokens if token.type == "text")
    assert "@team" not in shown
    assert "onerror" not in shown
    codes = [token.content for token in tokens if token.type == "code_inline"]
    assert any("@team" in code and "onerror" in code for code in codes)
    assert "\x1b" not in text
    columns = {len(row) for row in _tables(text)}
    assert columns == {1}


def _tables(text: str) -> Iterator[set[int]]:
    """Yield how many cells the rows of each table have."""
    for block in text.split("\n\n"):
        if block.startswith("| "):
            yield {line.count("|") for line in block.splitlines()}


@pytest.mark.usefixtures("hostile")
def test_hostile_names_do_nothing_in_a_browser(loaded: Cli, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "ci.html"
    report(loaded, "--format", "html", "--output", str(file))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda _: pytest.fail("a name ran a script"))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert page.title().startswith("CI of ")
    assert page.locator("img, script, iframe, section a, section b:not(.figure b)").count() == 0
    assert page.locator("tbody tr").count() > 20
    assert "onerror=" in page.locator("tbody").first.inner_text()


def test_the_page_fits_small_and_large_screens(loaded: Cli, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "ci.html"
    written = report(loaded, "--format", "html", "--output", str(file))
    assert written == ""
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    grounds = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2
    figures = page.locator(".figure").all_inner_texts()
    (overall,) = json.loads(report(loaded, "--format", "json"))["sections"]["overall"]["rows"]
    assert f"{overall['success_rate'] * 100:.1f} % (n = {overall['n']})" in figures[2]


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def test_nothing_to_tell_is_told(loaded: Cli, tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("UPDATE builds SET state = 'canceled', blocked = FALSE; DELETE FROM jobs")
    tables.close()
    text = report(loaded)
    for says in (
        "No build passed or failed.",
        "No build failed.",
        "No step was flaky.",
        "No queue had 5 jobs that started.",
        "No default branch was red.",
        "No build stands at a block step.",
    ):
        assert says in text
    assert "Flakes retried" not in text
    assert "No build failed." in report(loaded, "--format", "html")
    sections = json.loads(report(loaded, "--format", "json"))["sections"]
    assert all(section["rows"] == [] for section in sections.values())
    missing = {name for name, section in sections.items() if not section["is_loaded"]}
    assert missing == {"flake_retries"}
