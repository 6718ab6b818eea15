"""Mail, and every other service that apprise knows (https://github.com/caronc/apprise)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from .model import PostError

_LOGGER = "apprise"


def send_text(url: str, title: str, text: str) -> None:
    """Post a text to what an address of apprise names.

    Args:
        url: The address; no error names it.
        title: Subject, where the service has one.
        text: The message.

    Raises:
        PostError: apprise is missing, does not know the address, or could not post.
    """
    try:
        import apprise
    except ModuleNotFoundError:
        raise PostError(
            "it needs a package that is not installed: pip install 'buildkite-source[apprise]'"
        ) from None
    with _silent():
        service = apprise.Apprise.instantiate(url)
        if service is None:
            raise PostError("apprise knows no such address; nothing was posted.")
        try:
            done = service.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT)
        except Exception:
            # Whatever it says may have the address.
            done = False
    if not done:
        raise PostError(
            "apprise could not post, or got no answer: the message may have been posted. Check "
            "the address, the account and the network."
        )


@contextmanager
def _silent() -> Iterator[None]:
    """Keep apprise's log to itself: it names accounts and hosts."""
    logger = logging.getLogger(_LOGGER)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
