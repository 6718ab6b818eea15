"""Every notebook in a real browser: opens, shows the views' figures, and follows its filters."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from answers.text import count, duration, hours, percent
from tests.cli.running import REPOSITORY
from tests.reading import query

from .conftest import Project
from .running import NOTEBOOKS, Server

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
        expect(page.locator("marimo-stat").nth(place)).to_contain_text(text)


# What the first figure of each page is, worked out another way.
_FIRST = {
    "cost_and_waste": (
        "SELECT sum(agent_seconds) / 3600 FROM metric_attempts, metric_windows AS w "
        "WHERE w.organization_id = metric_attempts.organization_id AND w.window_days = 28 "
        "AND started_at IS NOT NULL AND type = 'script' "
        "AND date_trunc('hour', finished_at) BETWEEN w.window_from AND w.window_to",
        hours,
    ),
    "data_quality": ("SELECT count(*) FROM metric_builds", count),
    "durations_and_critical_path": (
        "SELECT median(run_seconds) FROM metric_builds JOIN metric_windows AS w "
        "USING (organization_id) WHERE w.window_days = 28 AND state IN ('passed', 'failed') "
        "AND is_settled AND settled_at >= w.window_from",
        duration,
    ),
    "failures_and_logs": (
        "SELECT count(*) FROM metric_attempts JOIN metric_windows AS w USING (organization_id) "
        "WHERE w.window_days = 28 AND is_failure AND settled_at >= w.window_from",
        count,
    ),
    "flaky_steps": (
        "SELECT count(*) FROM metric_flaky_step_windows WHERE window_days = 28 AND flaky_rate > 0",
        count,
    ),
    "main_branch_health": (
        "SELECT sum(red_seconds) / (count(*) * 28 * 86400) FROM metric_red_windows "
        "WHERE window_days = 28",
        percent,
    ),
    "queues_and_agents": (
        "SELECT median(queue_wait_seconds) FROM metric_attempts JOIN metric_windows AS w "
        "USING (organization_id) WHERE w.window_days = 28 AND started_at >= w.window_from "
        "AND started_at < w.window_to",
        duration,
    ),
    "success_rates": (
        "SELECT sum(passed) / sum(n) FROM metric_success_windows WHERE window_days = 28",
        percent,
    ),
}


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_page_shows_the_figures_of_the_views(
    page: Page, server: Server, project: Project, notebook: str
) -> None:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    server.open(page, notebook)
    sql, form = _FIRST[notebook]
    (value,) = ask(project, sql)
    assert value
    shows(page, 0, form(value))
    page.locator(".vega-embed").first.wait_for()
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=_SCREENSHOTS / f"{notebook}-small.png")
    assert wrong == []
    assert server.errors() == ""


def test_success_rates_follow_the_filters(page: Page, server: Server, project: Project) -> None:
    server.open(page, "success_rates")
    (pipeline,) = ask(
        project,
        "SELECT pipeline_slug FROM metric_success_windows WHERE window_days = 90 "
        "GROUP BY ALL HAVING count(DISTINCT organization_id) = 1 ORDER BY sum(n) DESC LIMIT 1",
    )
    rates = (
        "SELECT sum(passed) / sum(n), sum(clean_passed) / sum(n), sum(n) "
        "FROM metric_success_windows WHERE window_days = {} AND {}"
    )

    def follow(days: int, condition: str) -> None:
        success, clean, n = ask(project, rates.format(days, condition))
        shows(page, 0, percent(success), f"n = {count(n)} ")
        shows(page, 1, percent(clean))

    follow(28, "true")
    choose(page, "pipeline", str(pipeline))
    follow(28, f"pipeline_slug = '{pipeline}'")
    page.get_by_label("last", exact=True).select_option("90 days")
    follow(90, f"pipeline_slug = '{pipeline}'")
    choose(page, "branch class", "pull request")
    follow(90, f"pipeline_slug = '{pipeline}' AND branch_class = 'pull request'")


def test_failed_builds_lead_to_buildkite_and_into_a_csv_file(
    page: Page, server: Server, project: Project, tmp_path: Path
) -> None:
    server.open(page, "success_rates")
    ((newest,), *_), (total,) = (
        query(
            project.database,
            "SELECT web_url FROM buildkite_data.metric_builds WHERE is_settled "
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
    assert len(rows) == min(int(str(total)), 100)


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
