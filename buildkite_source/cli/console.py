"""The console that the command line speaks through: no escape but our own, and no secret."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from buildkite_source.printable import printable

from .terminal import hush


class CleanConsole(Console):
    """A console on stderr whose own escapes are the only ones."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as `Console` does, and clean the text."""
        for segment in super().render(renderable, options):
            is_own = segment.control is not None
            yield segment if is_own else Segment(printable(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Go on unheard, where `Console` would end the program in the middle of a load."""
        self.quiet = True
        hush(self.file)


class Voice:
    """Speaks to the person, and never speaks a secret.

    Attributes:
        secrets: What is not to be said.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.secrets: list[str] = []

    def say(self, text: str) -> None:
        """Print a text as it is, but for the secret."""
        for secret in filter(None, self.secrets):
            text = text.replace(secret, "***")
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
