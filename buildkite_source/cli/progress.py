"""What a person sees while a load runs: bars on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections import Counter
from typing import IO

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from buildkite_source.client import Waiting
from buildkite_source.load.progress import RunProgress, step_name
from buildkite_source.printable import printable

_STOPPING = "Stopping after the page under way; Ctrl-C again stops at once."


class PlainProgress(RunProgress):
    """Prints a line when a list or step begins, before each wait, and every few seconds.

    Args:
        out: Where the lines go.
        every: Seconds between lines of the same list.
    """

    def __init__(self, out: IO[str], every: float = 5.0) -> None:
        super().__init__()
        self._out = out
        self._every = every
        self._shown_at: dict[str, float] = {}
        self._begun = ""

    def shown(self, name: str, number: int, total: int, unit: str) -> None:
        """Print the first and last of a list, and one every few seconds between."""
        now = time.monotonic()
        shown_at = self._shown_at.get(name, -self._every)
        if now - shown_at < self._every and number != total:
            return
        self._shown_at[name] = now
        place = f"{name}: {unit.removesuffix('s')} {number:,} of {total:,}"
        self._line("; ".join(filter(None, (place, self.status(), self.estimate))))

    def waiting(self, event: Waiting) -> None:
        """Print the wait."""
        self._line(f"waiting {event.seconds:.0f} s: {event.reason}")

    def stop_asked(self) -> None:
        """Print how to stop sooner."""
        # A signal may come in the middle of another line, where Python refuses to print.
        with contextlib.suppress(RuntimeError):
            self._line(_STOPPING)

    def _start(self, step: str) -> None:
        super()._start(step)
        name = step_name(step)
        # dlt extracts its own state as a source of its own.
        if name != self._begun:
            if self._begun == "fetching":
                self._line(f"fetched: {self.status()}")
            self._line(f"{name} …")
        self._begun = name

    def _line(self, text: str) -> None:
        print(printable(text), file=self._out, flush=True)


class LiveProgress(RunProgress):
    """Shows on a terminal a bar per list or step, and below them what is spent and left."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._bars = Progress(
            # A name is no markup.
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(overflow="ellipsis", ratio=1),
            ),
            BarColumn(bar_width=24, table_column=Column(min_width=10)),
            MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=9)),
            TextColumn("{task.fields[unit]}", table_column=Column(no_wrap=True, min_width=5)),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._totals: Counter[str] = Counter()
        self._waits_until = 0.0
        self._waits_for = ""
        self._live = Live(console=console, transient=True, get_renderable=self._picture)

    def shown(self, name: str, number: int, total: int, unit: str) -> None:
        """Move the bar of the list or the kind of details."""
        self._bars.update(self._task(name, unit), completed=number, total=total)

    def moved(self, step: str, inc: int, total: int) -> None:
        """Move the bar of the step; `total` comes once, and again for what is added to it."""
        task = self._task(step, "rows" if step == "preparing" else "files")
        self._totals[step] = total if step == "preparing" else self._totals[step] + total
        self._bars.update(task, advance=inc, total=self._totals[step] or None)

    def waiting(self, event: Waiting) -> None:
        """Count down what is waited for."""
        self._waits_for = event.reason
        self._waits_until = time.monotonic() + event.seconds

    def _picture(self) -> Group:
        wait = self._waits_until - time.monotonic()
        lines = ["; ".join(filter(None, (self.status(), self.estimate)))]
        lines += [f"waiting {wait:.0f} s: {self._waits_for}"] * (wait > 0)
        lines += [_STOPPING] * self.stopping
        return Group(self._bars, *(Text(line, style="dim", overflow="fold") for line in lines))

    def _task(self, name: str, unit: str) -> TaskID:
        if name not in self._tasks:
            # A run over hundreds of lists keeps to the newest few bars.
            for old in list(self._tasks)[:-5]:
                self._bars.remove_task(self._tasks.pop(old))
            self._tasks[name] = self._bars.add_task(name, total=None, unit=unit)
        return self._tasks[name]

    def _start(self, step: str) -> None:
        super()._start(step)
        for name in list(self._tasks):
            self._bars.remove_task(self._tasks.pop(name))
        self._live.start()

    def _stop(self) -> None:
        super()._stop()
        self._live.stop()


def create(mode: str, console: Console) -> RunProgress:
    """Return the progress for `auto`, `live`, `plain` or `off`."""
    if mode == "auto":
        mode = "live" if console.is_terminal else "plain"
    if mode == "live":
        return LiveProgress(console)
    return PlainProgress(sys.stderr) if mode == "plain" else RunProgress()
