"""`python -m tests.notebooks.screenshots`: pictures of all notebooks on the demo's data.

Those of the README go to `docs/`, and one for each notebook, width and colour scheme to
`build/screenshots/`. Needs Chromium, and the demo's database in this folder.
"""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.cli.running import REPOSITORY

from .running import CHART, NOTEBOOKS, Server, browse, find_browser, serve

_PICTURES = REPOSITORY / "build" / "screenshots"
_README = ("success_rates", 1280, "light")
# The page scrolls within itself.
_HEIGHT = "Math.max(...[...document.querySelectorAll('*')].map(part => part.scrollHeight))"
# Milliseconds in which charts come to rest.
_REST = 2_000
_VARIANTS = [(width, scheme) for width in (1280, 1920) for scheme in ("light", "dark")]


def take(browser: BrowserContext, server: Server, notebook: str, width: int, scheme: str) -> None:
    """Take a picture of a whole page, and of the top of the README's."""
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 990})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    server.open(page, notebook)
    page.locator(CHART).last.wait_for()
    page.wait_for_timeout(_REST)
    if (notebook, width, scheme) == _README:
        page.screenshot(path=REPOSITORY / "docs" / f"{notebook}.png")
    # What comes into view may grow.
    for _ in range(2):
        height = page.evaluate(_HEIGHT)
        page.set_viewport_size({"width": width, "height": int(height)})
        page.wait_for_timeout(_REST)
    page.screenshot(path=_PICTURES / f"{notebook}-{scheme}-{width}.png")
    page.close()


def main(wanted: list[str]) -> None:
    """Take all pictures, or those of the notebooks that are named."""
    program = find_browser()
    if not program:
        sys.exit("No Chromium on this machine: apt-get install chromium")
    _PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        with (
            serve(Path.cwd(), dict(os.environ), output, "--demo") as server,
            browse(program) as browser,
        ):
            for notebook in wanted or NOTEBOOKS:
                for width, scheme in _VARIANTS:
                    take(browser, server, notebook, width, scheme)
            if server.errors():
                sys.exit(server.errors())


if __name__ == "__main__":
    main(sys.argv[1:])
