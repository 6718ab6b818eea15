"""marimo serving the notebooks, and a browser to look at them."""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.cli.running import REPOSITORY

FOLDER = REPOSITORY / "notebooks"
NOTEBOOKS = sorted(file.stem for file in FOLDER.glob("*.py"))
# One chart is there for what draws charts to be fetched, and is never seen.
CHARTS = (".vega-embed canvas", ".vega-embed svg")
CHART = ", ".join(f"{chart}:visible" for chart in CHARTS)
BUSY = "[data-status=running], [data-status=queued]"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 60_000


@dataclass(frozen=True)
class Server:
    """marimo, serving all notebooks."""

    url: str
    output: Path

    def errors(self) -> str:
        """Return what went wrong in cells, by the server's own account."""
        return "\n".join(re.findall(r".*error_id=.*", self.output.read_text()))

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook and wait until all of it is there."""
        page.set_default_timeout(_SECONDS)
        expect.set_options(timeout=_SECONDS)
        page.goto(f"{self.url}/?file={notebook}.py")
        page.get_by_role("heading", level=1).wait_for()
        self.settle(page)

    def settle(self, page: Page) -> None:
        """Wait until no cell of a page has anything left to do."""
        expect(page.locator(BUSY)).to_have_count(0, timeout=_SECONDS)


@contextmanager
def serve(
    cwd: Path, env: dict[str, str], output: Path, *arguments: str, notebooks: Path = FOLDER
) -> Iterator[Server]:
    """Run `marimo run notebooks` in a folder, with arguments of the notebooks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "marimo", "run", str(notebooks), "--headless", "--no-token"]
    with output.open("w") as writing:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--", *arguments],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(port, process)
        yield Server(f"http://127.0.0.1:{port}", output)
    finally:
        process.terminate()
        process.wait(timeout=20)


def find_browser() -> str | None:
    """Return the path of a Chromium of this machine."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


@contextmanager
def browse(program: str) -> Iterator[BrowserContext]:
    """Run a browser without a window.

    Its profile lies on a disk, as people's do: it keeps what it has fetched and compiled.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        sync_playwright() as playwright,
    ):
        opened = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            # Chromium's sandbox needs rights that containers and root do not have.
            args=["--no-sandbox"],
            viewport={"width": 1280, "height": 990},
        )
        yield opened
        opened.close()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("marimo did not start")
