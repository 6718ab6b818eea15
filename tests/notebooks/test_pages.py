"""Every notebook in a real browser: opens, shows the views' figures, and follows its filters."""

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.cli.running import REPOSITORY
from tests.reading import query

from .conftest import Project
from .figures import BUSIEST, FIGURES, WITHOUT_BRANCHES, WITHOUT_DAYS, Figure, Filters
from .running import CHART, NOTEBOOKS, Server, serve
from .worlds import become

_SCREENSHOTS = REPOSITORY / "build" / "screenshots"


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def ask(project: Project, sql: str) -> tuple[object, ...]:
    """Return the one row of a query on the dataset."""
    (row,) = query(project.database, sql.replace("metric_", "buildkite_data.metric_"))
    return row


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a control that can be searched."""
    named = page.get_by_text(label, exact=True)
    page.locator("marimo-dropdown").filter(has=named).locator("button").click()
    page.keyboard.type(option)
    page.get_by_role("option", name=option, exact=True).first.click()
    page.keyboard.press("Escape")


def shows(page: Page, place: int, *texts: str) -> None:
    """Check what a figure says, and give it time to."""
    for text in texts:
        whole = re.compile(rf"(?<![\d.,]){re.escape(text)}(?![\d.,])")
        expect(page.locator("marimo-stat").nth(place)).to_contain_text(whole)


def follow(page: Page, project: Project, figure: Figure, chosen: Filters) -> str:
    """Check that a figure is the view's, with what was chosen; return how it reads."""
    (value,) = ask(project, figure.query(chosen))
    text = figure.form(value)
    shows(page, figure.place, text)
    return text


def failed_builds_lead_to_buildkite_and_into_a_csv_file(
    page: Page, project: Project, tmp_path: Path
) -> None:
    ((newest, settled_at), *_), (total,) = (
        query(
            project.database,
            "SELECT web_url, CAST(settled_at AT TIME ZONE 'UTC' AS TEXT) "
            "FROM buildkite_data.metric_builds WHERE is_settled "
            "AND state = 'failed' ORDER BY settled_at DESC LIMIT 1",
        ),
        ask(project, "SELECT count(*) FROM metric_builds WHERE is_settled AND state = 'failed'"),
    )
    expect(page.locator(f"a[href='{newest}']").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("export-button").click()
        # CSV is the first of the formats.
        page.get_by_role("dialog").locator("button:has(.lucide-download)").first.click()
    file = tmp_path / "failed.csv"
    download.value.save_as(file)
    with file.open() as reading:
        rows = list(csv.DictReader(reading))
    assert rows[0]["build"] == newest
    # The page shows minutes, the file all of it.
    whole = datetime.fromisoformat(settled_at)
    assert whole.second
    assert datetime.fromisoformat(rows[0]["settled_at"]) == whole
    page.keyboard.press("Escape")
    expect(page.get_by_text(settled_at[:16]).first).to_be_visible()
    assert len(rows) == min(int(str(total)), 100)


# Every page is exported by a quick test, and counted in detail by a slow one.
_QUICK = ("success_rates",)


@pytest.mark.parametrize(
    "notebook",
    [pytest.param(name, marks=() if name in _QUICK else pytest.mark.slow) for name in NOTEBOOKS],
)
def test_a_page_shows_the_figures_of_the_views_and_follows_its_filters(
    page: Page, server: Server, project: Project, notebook: str, tmp_path: Path
) -> None:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    server.open(page, notebook)
    page.locator(CHART).first.wait_for()
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=_SCREENSHOTS / f"{notebook}-small.png")

    def follows(chosen: Filters) -> list[str]:
        return [follow(page, project, figure, chosen) for figure in FIGURES[notebook]]

    (slug,) = ask(project, BUSIEST)
    filters = Filters()
    everything = follows(filters)
    if notebook == "success_rates":
        # Here, as to open a page takes longer than all that is looked at.
        failed_builds_lead_to_buildkite_and_into_a_csv_file(page, project, tmp_path)
    choose(page, "pipeline", str(slug))
    filters = replace(filters, pipeline=str(slug))
    assert follows(filters) != everything
    if notebook not in WITHOUT_DAYS:
        page.get_by_label("last", exact=True).select_option("90 days")
        filters = replace(filters, days=90)
        follows(filters)
    if notebook not in WITHOUT_BRANCHES:
        choose(page, "branch class", "pull request")
        follows(replace(filters, branch_class="pull request"))
    assert wrong == []
    assert server.errors() == ""


@pytest.mark.slow
def test_one_of_ten_thousand_pipelines_can_be_found(
    page: Page, project: Project, tmp_path: Path
) -> None:
    become("many_pipelines", project.database)
    many = replace(project, name="many_pipelines")
    with serve(many.folder, many.env, tmp_path / "output", "--pipeline", many.name) as server:
        server.open(page, "data_quality")
        (figure,) = FIGURES["data_quality"]
        follow(page, many, figure, Filters())
        (slug,) = ask(many, "SELECT max(pipeline_slug) FROM metric_builds WHERE true")
        choose(page, "pipeline", str(slug))
        assert follow(page, many, figure, Filters(pipeline=str(slug))) == "1"
        assert server.errors() == ""


@pytest.mark.slow
def test_the_live_page_shows_what_is_loaded_while_it_is_open(
    page: Page, project: Project, tmp_path: Path
) -> None:
    own = replace(project, name="moving")
    shutil.copy(project.database, own.database)
    figure = FIGURES["live"][0]
    with serve(own.folder, own.env, tmp_path / "output", "--pipeline", own.name) as server:
        server.open(page, "live")
        before = follow(page, own, figure, Filters())
        with duckdb.connect(str(own.database)) as connection:
            connection.execute("UPDATE buildkite_data.builds SET fetched_at = now()")
            connection.execute(
                "UPDATE buildkite_data.builds SET state = 'passed', finished_at = now() "
                "WHERE state IN ('running', 'scheduled', 'failing', 'canceling', 'creating')"
            )
        page.locator("marimo-refresh").get_by_role("button").click()
        assert follow(page, own, figure, Filters()) != before
        # It was a day's before.
        expect(page.locator("marimo-stat").nth(0)).to_contain_text(re.compile(r"\d s"))
        assert server.errors() == ""


def test_logs_can_be_searched(page: Page, server: Server, project: Project) -> None:
    server.open(page, "failures_and_logs")
    (found,) = ask(
        project,
        "SELECT count(*) FROM buildkite_data.job_log_lines WHERE lower(text) LIKE '%exit status%'",
    )
    box = page.get_by_placeholder("connection refused")
    box.fill("EXIT Status")
    box.press("Enter")
    expect(page.get_by_text(f"{min(int(str(found)), 500):,} rows").first).to_be_visible()
