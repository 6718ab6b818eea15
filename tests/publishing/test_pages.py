"""What becomes of a notebook, and of one that fails; and pages made by hand-made digests."""

import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from buildkite_source.buckets import open_store
from buildkite_source.publishing import (
    MANIFEST,
    ExportError,
    every_notebook,
    pages,
    publish,
)
from buildkite_source.publishing.notebooks import SCRIPTS, _at_home, scripts
from tests.notebooks.running import FOLDER, NOTEBOOKS
from tests.posting import digests

_UTC = ZoneInfo("UTC")
_NOW = digests.AS_OF + timedelta(minutes=20)
_FAILING = """
import marimo

app = marimo.App()


@app.cell
def _():
    TITLE = "Broken <b>"
    QUESTION = "Why?"
    1 / 0
    return


if __name__ == "__main__":
    app.run()
"""


def test_every_notebook_says_what_it_asks() -> None:
    found = every_notebook(FOLDER)
    assert [one.name for one in found] == NOTEBOOKS
    assert all(one.question.endswith("?") and one.title != one.name for one in found)


@pytest.mark.slow
def test_a_notebook_that_fails_is_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(_FAILING)
    (tmp_path / "site").mkdir()
    heard: list[str] = []
    store = open_store(str(tmp_path / "site"), ())
    notebooks = every_notebook(tmp_path)
    _, failed = publish(store, digests.usual(), notebooks, (), _UTC, _NOW, heard.append)
    assert failed == ["broken"]
    (told,) = heard
    assert told.startswith("1 of 1: broken failed: ")
    assert "division by zero" in told or "failed to execute" in told
    page = (tmp_path / "site" / "broken.html").read_text()
    assert "<h1>Broken &lt;b&gt;</h1>" in page
    assert "could not be made at 2026-09-15 12:20 (UTC)" in page
    index = (tmp_path / "site" / "index.html").read_text()
    assert "Could not be made." in index
    assert "when the data was 20 min old" in index
    assert (tmp_path / "site" / "report.html").is_file()
    files = json.loads((tmp_path / "site" / MANIFEST).read_text())["files"]
    assert {name for name in files if "/" in name} == {name for name, _ in scripts()}


@pytest.mark.parametrize(
    "page",
    [
        "<html>no head at all",
        '<head><script src="https://cdn.example.com/x.js"></script></head><body></body>',
        "<head><link href='//fonts.example.com/x'></head><body></body>",
    ],
)
def test_a_page_that_would_ask_somebody_else_is_refused(page: str) -> None:
    with pytest.raises(ExportError, match="another form than is known"):
        _at_home(page)


def test_what_marimo_asks_a_network_for_lies_beside_the_page() -> None:
    cdn = "https://cdn.jsdelivr.net/npm/@marimo-team/frontend@9.9.9/dist/"
    made = _at_home(f'<head><script src="{cdn}assets/a.js"></script></head><body>x</body>')
    assert f'src="./{SCRIPTS}/assets/a.js"' in made
    assert made.startswith('<head><meta http-equiv="Content-Security-Policy"')
    assert 'href="index.html"' in made


def test_hostile_names_are_text_on_the_first_page() -> None:
    page = pages.index(digests.hostile(), [], [], _UTC, _NOW).decode()
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert 'href="javascript:' not in page
    assert "\x1b" not in page


def test_a_quiet_week_is_told() -> None:
    page = pages.index(digests.quiet(), [], [], _UTC, _NOW).decode()
    assert "No default branch is red." in page
    assert "Most failures" not in page
    assert "None" not in page
