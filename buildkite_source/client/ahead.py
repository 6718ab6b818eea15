"""Pages fetched ahead of their reader, a few at a time and in order."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any


class Ahead:
    """Runs requests in threads of their own until somebody takes the answers.

    The threads are daemons: one that waits for the request budget does not hold up an exit.

    Args:
        fetch: Sends one request, by URL.
        limit: Most requests to have in flight or waiting to be taken.
    """

    def __init__(self, fetch: Callable[[str], Any], limit: int) -> None:
        self._fetch = fetch
        self._limit = limit
        self._pending: dict[str, Future[Any]] = {}

    def want(self, urls: Sequence[str]) -> None:
        """Start as many of `urls` as there is room for; those already started count."""
        for url in urls:
            if len(self._pending) >= self._limit:
                return
            if url not in self._pending:
                future: Future[Any] = Future()
                self._pending[url] = future
                threading.Thread(target=self._run, args=(url, future), daemon=True).start()

    def put(self, url: str, response: Any) -> None:
        """Have an answer ready that came in another way."""
        future: Future[Any] = Future()
        future.set_result(response)
        self._pending[url] = future

    def take(self, url: str) -> Future[Any] | None:
        """Return the answer to come of a started request, or None."""
        return self._pending.pop(url, None)

    def _run(self, url: str, future: Future[Any]) -> None:
        try:
            future.set_result(self._fetch(url))
        except BaseException as error:
            future.set_exception(error)
