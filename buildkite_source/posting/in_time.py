"""A post that ends within a bound, whatever the other side does.

The timeouts of a socket begin anew with each byte: a server that drips its answer would never be
late.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

from .model import PostError


def in_time(post: Callable[[], None], seconds: float) -> None:
    """Post, and leave the post to itself where it takes longer.

    Args:
        post: Posts; raises `PostError`.
        seconds: How long that may take.

    Raises:
        PostError: It takes longer, or could not post.
    """
    end: Future[None] = Future()

    def run() -> None:
        try:
            post()
            end.set_result(None)
        except BaseException as error:
            end.set_exception(error)

    # The program ends without it.
    Thread(target=run, daemon=True).start()
    try:
        end.result(seconds)
    except TimeoutError:
        raise PostError("it did not answer in time; the message may have been posted.") from None
