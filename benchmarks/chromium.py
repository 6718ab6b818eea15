"""Chromium as a person has it: what it shows is looked at, and nothing in it is instrumented.

Playwright attaches to every page to follow its requests, frames and scripts, which made a page half
a second to a second later on two cores. A benchmark speaks to the browser itself
(https://chromedevtools.github.io/devtools-protocol/) and asks one question, many times.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

_START = 60.0  # seconds for the browser to start
_PAUSE = 0.02  # seconds between two looks at a page
# Charts lie in shadow roots.
_FIND = """((selector) => {
  const all = (root) => [...root.querySelectorAll('*')].flatMap((element) => [
    ...(element.matches(selector) ? [element] : []),
    ...(element.shadowRoot ? all(element.shadowRoot) : []),
  ]);
  return all(document).map((element) =>
    element.checkVisibility({visibilityProperty: true})
    && element.getBoundingClientRect().width > 0
  );
})"""


class Page:
    """A page of the browser."""

    def __init__(self, browser: "Chromium", url: str):
        self._browser = browser
        self._target = browser.ask("Target.createTarget", url=url)["targetId"]
        attached = browser.ask("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]

    def find(self, selector: str) -> list[bool]:
        """Return of each element whether it can be seen."""
        expression = f"{_FIND}({json.dumps(selector)})"
        answer = self._browser.ask(
            "Runtime.evaluate", self._session, expression=expression, returnByValue=True
        )
        # Nothing, while one document makes way for the next.
        return list(answer["result"].get("value", []))

    def wait(self, until: Callable[["Page"], bool], seconds: float) -> None:
        """Look at the page until it is as it should be.

        Raises:
            TimeoutError: It never was.
        """
        end = time.monotonic() + seconds
        while not until(self):
            if time.monotonic() > end:
                raise TimeoutError(f"Not in {seconds:g} s")
            time.sleep(_PAUSE)

    def close(self) -> None:
        """Close it."""
        self._browser.ask("Target.closeTarget", targetId=self._target)


class Chromium:
    """A browser that runs."""

    def __init__(self, connection: ClientConnection):
        self._connection = connection
        self._asked = 0

    def open(self, url: str) -> Page:
        """Begin to open a page."""
        return Page(self, url)

    def ask(self, method: str, session: str | None = None, /, **params: Any) -> dict[str, Any]:
        """Return what the browser answers.

        Raises:
            RuntimeError: It refuses.
        """
        self._asked += 1
        to = {"sessionId": session} if session else {}
        question = {"id": self._asked, "method": method, "params": params, **to}
        self._connection.send(json.dumps(question))
        while (answer := json.loads(self._connection.recv())).get("id") != self._asked:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result


@contextmanager
def browse(program: str) -> Iterator[Chromium]:
    """Run a browser without a window, its profile on a disk as people's are."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Chromium's sandbox needs rights that containers and root do not have.
        options = ["--headless", "--no-sandbox", "--no-first-run", "--window-size=1280,990"]
        process = subprocess.Popen(
            [program, *options, f"--user-data-dir={profile}", "--remote-debugging-port=0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with connect(_address(Path(profile), process), max_size=None) as connection:
                yield Chromium(connection)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    written, end = profile / "DevToolsActivePort", time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        lines = written.read_text().splitlines() if written.exists() else []
        if len(lines) > 1:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.1)
    raise AssertionError("Chromium did not start")
