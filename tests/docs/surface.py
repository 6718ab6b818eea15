"""What people rely on, one thing a line: settings, arguments, commands, tables, views, names."""

import argparse
import inspect
from collections.abc import Iterator

import buildkite_source
from buildkite_source.cli.command_names import COMMANDS
from buildkite_source.cli.options import build_parser
from buildkite_source.metrics import every_view
from buildkite_source.tables import EVERY_TABLE


def surface() -> Iterator[str]:
    yield from (f"name buildkite_source.{name}" for name in buildkite_source.__all__)
    for parameter in inspect.signature(buildkite_source.buildkite_source).parameters.values():
        yield f"setting {parameter.name} = {parameter.default!r}"
    yield from _arguments(build_parser())
    yield from (f"command {name}" for name in COMMANDS)
    for table in EVERY_TABLE:
        columns = " ".join(column.name for column in table.columns)
        yield f"table {table.name} ({' '.join(table.primary_key)}): {columns}"
    for view in every_view():
        yield f"view {view.name}: {' '.join(view.columns)}"


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        for name in action.option_strings:
            yield f"argument {name} = {action.default!r}"


if __name__ == "__main__":
    print("\n".join(sorted(surface())))  # noqa: T201
