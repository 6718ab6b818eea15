"""The command line: arguments, progress and words."""

import gc
import sys
from collections.abc import Sequence
from functools import cache


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 on failure, 130 on Ctrl-C."""
    # Each is imported once it is needed: help and version come at once.
    from buildkite_source.project import enter_project

    from .options import parse
    from .terminal import clean_output

    # dlt reads its settings on import of some of its parts.
    enter_project()
    with clean_output():
        chosen = parse(argv)
        try:
            _import_commands()
        except KeyboardInterrupt:
            print("Stopped before anything was begun.", file=sys.stderr)  # noqa: T201
            return 130
        from .commands import run

        return run(chosen)


@cache
def _import_commands() -> None:
    """Import what a run needs, without a look for garbage among it: then or ever.

    Python goes through all objects again and again while there are more and more of them, and
    those of dlt and its like are most: a tenth of a sync with nothing new, and as much of its
    imports. Once a process: what else lives by then is never looked at.
    """
    gc.disable()
    try:
        from . import commands  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()
