"""The command line: arguments, progress and words."""

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 on failure, 130 on Ctrl-C."""
    # Each is imported once it is needed: help and version come at once.
    from .options import parse
    from .project import enter_project
    from .terminal import clean_output

    # dlt reads its settings on import of some of its parts.
    enter_project()
    with clean_output():
        chosen = parse(argv)
        from .commands import run
        from .memory import leave_imports_alone

        leave_imports_alone()
        return run(chosen)
