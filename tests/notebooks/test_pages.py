"""Every notebook in a real browser: opens, shows the views' figures, and follows its filters."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.running import REPOSITORY
from tests.reading import query

from .conftest import Project
from .running import NOTEBOOKS, Server

_SCREENSHOTS = REPOSITORY / "build" / "screenshots"


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": 1280, "height": 900})


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_page_opens_without_an_error(page: Page, server: Server, notebook: str) -> None:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    server.open(page, notebook)
    page.locator(".vega-embed").first.wait_for()
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=_SCREENSHOTS / f"{notebook}.png", full_page=True)
    assert wrong == []
    assert server.errors() == ""
    page.close()


_RATES = """
SELECT sum(passed), sum(n), sum(clean_passed) FROM buildkite_data.metric_success_windows
WHERE window_days = {days} AND pipeline_slug LIKE '{pipeline}'
"""


def test_success_rates_are_those_of_the_view(page: Page, server: Server, project: Project) -> None:
    server.open(page, "success_rates")
    _shows_rates(page, project, days=28, pipeline="%")
    pipeline = query(
        project.database,
        "SELECT pipeline_slug FROM buildkite_data.metric_success_windows WHERE window_days = 90 "
        "GROUP BY ALL HAVING count(DISTINCT organization_id) = 1 ORDER BY sum(n) DESC LIMIT 1",
    )[0][0]
    choose(page, "pipeline", pipeline)
    _shows_rates(page, project, days=28, pipeline=pipeline)
    page.get_by_label("last", exact=True).select_option("90 days")
    _shows_rates(page, project, days=90, pipeline=pipeline)
    page.close()


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a control that can be searched."""
    named = page.get_by_text(label, exact=True)
    page.locator("marimo-dropdown").filter(has=named).locator("button").click()
    page.keyboard.type(option)
    page.get_by_role("option", name=option, exact=True).first.click()
    page.keyboard.press("Escape")


def _shows_rates(page: Page, project: Project, days: int, pipeline: str) -> None:
    sql = _RATES.format(days=days, pipeline=pipeline)
    ((passed, n, clean),) = query(project.database, sql)
    assert 0 < clean < passed < n
    success = page.locator("marimo-stat").nth(0)
    expect(success).to_contain_text(f"{passed / n:.1%}".replace("%", " %"))
    expect(success).to_contain_text(f"n = {n:,} ")
    expect(page.locator("marimo-stat").nth(1)).to_contain_text(
        f"{clean / n:.1%}".replace("%", " %")
    )
