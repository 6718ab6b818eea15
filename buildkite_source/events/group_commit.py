"""Many requests in flight share one transaction: a sync of the disk is what takes time."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .event import Event
from .inbox import Inbox, InboxError

# More than this in flight is more than the disk can take.
_MOST = 20_000


class OverloadedError(Exception):
    """More events are in flight than the disk takes; whoever sends is to try again."""


class GroupCommit:
    """Keeps events of concurrent requests together; of one event loop.

    Args:
        inbox: Where to.
        clock: Seconds since the epoch.
    """

    def __init__(self, inbox: Inbox, clock: Callable[[], float] = time.time) -> None:
        self._inbox = inbox
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "inbox")
        self._arrived: list[tuple[Event, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, event: Event) -> bool:
        """Return once the event is on disk: whether it is new.

        Raises:
            OverloadedError: Too many wait for the disk.
            InboxError: The disk failed, and the event is not kept.
        """
        if len(self._arrived) >= _MOST:
            raise OverloadedError
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._arrived.append((event, kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await kept

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._arrived:
            group, self._arrived = self._arrived, []
            events = [event for event, _ in group]
            try:
                new = await loop.run_in_executor(
                    self._thread, self._inbox.add, events, self._clock()
                )
            except InboxError as error:
                for _, kept in group:
                    if not kept.done():
                        kept.set_exception(error)
                continue
            for (_, kept), one in zip(group, new, strict=True):
                # Whoever asked may have gone; the event is kept all the same.
                if not kept.done():
                    kept.set_result(one)
