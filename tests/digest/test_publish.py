"""`publish`, and the site in a browser that reaches nothing but it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Route, expect

from buildkite_source.publishing import MANIFEST
from tests.cli.running import REPOSITORY, Cli
from tests.notebooks.running import CHART, NOTEBOOKS
from tests.notebooks.worlds import HOSTILE

_SCREENSHOTS = REPOSITORY / "build" / "screenshots"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def hostile(tables: duckdb.DuckDBPyConnection) -> None:
    name = "'" + HOSTILE.replace("'", "''") + "'"
    tables.execute(f"UPDATE organizations SET slug = {name} || slug")
    for table in ("builds", "jobs"):
        tables.execute(f"UPDATE {table} SET organization_slug = {name} || organization_slug")
    tables.execute(f"UPDATE pipelines SET slug = {name} || slug, web_url = 'javascript:alert(1)'")
    tables.execute(f"UPDATE builds SET pipeline_slug = {name} || pipeline_slug")
    tables.execute(f"UPDATE jobs SET step_key = NULL, name = {name} || name")
    tables.close()


class Visit:
    """A page of a browser that reaches one address, and what it asked for and complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.left: list[str] = []
        self.wrong: list[str] = []
        page.route("**/*", self._route)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda _: pytest.fail("a name ran a script"))

    def _route(self, route: Route) -> None:
        if route.request.url.startswith((self.url, "data:", "blob:")):
            route.continue_()
        else:
            self.left.append(route.request.url)
            route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(message.text)

    def look_at(self, notebook: str) -> None:
        self.page.goto(f"{self.url}/index.html")
        title = self.page.locator(f"a[href='{notebook}.html'] b").inner_text()
        self.page.locator(f"a[href='{notebook}.html']").click()
        expect(self.page.get_by_role("heading", level=1, name=title)).to_be_visible(timeout=60_000)
        self.page.locator(CHART).last.wait_for(timeout=60_000)
        assert self.page.title() == title
        _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=_SCREENSHOTS / f"published-{notebook}.png")


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.mark.slow
@pytest.mark.usefixtures("hostile")
def test_the_site_needs_no_network_and_no_name_harms_it(
    loaded: Cli, page: Page, tmp_path: Path
) -> None:
    place = tmp_path / "team" / "site"
    words = ("publish", str(place), "--notebook", "success_rates", "--since", "28d")
    outcome = loaded.loads(*words)
    assert outcome.out == ""
    assert "1 of 1: success_rates made" in outcome.err
    assert re.search(rf"Published to {place}: 3 pages; \d+ files written, 0 unchanged", outcome.err)
    with served(place) as url:
        visit = Visit(page, url)
        visit.look_at("success_rates")
        # What a reader may open as well.
        page.get_by_role("button", name="SQL").first.click()
        page.get_by_role("link", name="All pages").click()
        assert page.title().startswith("CI of <img src=x")
        assert page.locator("img, script, iframe, ol a").count() == 0
        assert page.locator("ol li").count() == 5
        page.screenshot(path=_SCREENSHOTS / "published-index.png")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="Report").click()
        assert page.locator("table").count() > 3
    assert (visit.left, visit.wrong) == ([], [])
    page.unroute_all()
    # Opened as a file, a browser runs none of its scripts.
    page.goto((place / "success_rates.html").as_uri())
    expect(page.get_by_text("shows this page from a web server only")).to_be_visible()


@pytest.mark.slow
def test_every_notebook_is_published_and_made_anew(loaded: Cli, page: Page, tmp_path: Path) -> None:
    place = tmp_path / "site"
    outcome = loaded.loads("publish", str(place), "--since", "28d")
    assert f"{len(NOTEBOOKS)} of {len(NOTEBOOKS)}: " in outcome.err
    with served(place) as url:
        visit = Visit(page, url)
        for notebook in NOTEBOOKS:
            visit.look_at(notebook)
    assert (visit.left, visit.wrong) == ([], [])
    again = loaded.loads("publish", str(place), "--notebook", "live")
    (removed,) = re.findall(r"(\d+) removed", again.err)
    assert int(removed) == len(NOTEBOOKS) - 1
    pages = {file.name for file in place.glob("*.html")}
    assert pages == {"index.html", "report.html", "live.html"}
    assert (place / MANIFEST).is_file()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["publish"], 2, "the following arguments are required: FOLDER|BUCKET_URL"),
        (["publish", "site", "--notebook", "nosuch"], 1, "There is no notebook 'nosuch'"),
        (["publish", "ftp://x"], 1, "give s3://BUCKET, gs://BUCKET or a folder"),
        (["publish", "/proc/nowhere"], 1, "/proc/nowhere cannot be made"),
        (["publish", "site"], 1, "Nothing is loaded yet"),
        (["report", "--notebook", "live"], 2, "--notebook goes with publish"),
    ],
)
def test_what_cannot_be_published_is_explained(
    cli: Cli, words: list[str], code: int, says: str
) -> None:
    outcome = cli(*words)
    assert outcome.code == code
    assert says in " ".join(outcome.err.split())
