"""Which tables and views each notebook asks, read from its code."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlglot import parse_one

from buildkite_source.metrics.functions import DIALECT
from buildkite_source.warehouse.queries import tables_of

# The folder of what notebooks have in common.
_SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A notebook.

    Attributes:
        name: Of its file.
        title: What its page is called.
        question: What it asks, in a sentence.
        asks: Tables and views that it reads.
    """

    name: str
    title: str
    question: str
    asks: frozenset[str]


def exposures_of(folder: Path) -> list[Exposure]:
    """Return the notebooks of a folder, by name; nothing of them is run.

    Raises:
        ValueError: A notebook asks what is put together while it runs, or has no title.
    """
    shared = {file.stem: _Module(file) for file in (folder / _SHARED).glob("*.py")}
    return [_exposure(_Module(file), shared) for file in sorted(folder.glob("*.py"))]


class _Module:
    """A file of Python.

    Attributes:
        name: Its name.
        tree: Its code.
        functions: Its functions, by name.
    """

    def __init__(self, file: Path) -> None:
        self.name = file.stem
        self.tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
        self.functions = {
            node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)
        }


def _exposure(notebook: _Module, shared: Mapping[str, _Module]) -> Exposure:
    constants = dict(_constants(notebook.tree))
    if not {"TITLE", "QUESTION"} <= constants.keys():
        raise ValueError(f"The notebook {notebook.name} has no TITLE or no QUESTION.")
    asked: set[str] = set()
    seen: set[ast.AST] = set()
    waiting: list[tuple[_Module, ast.AST]] = [(notebook, notebook.tree)]
    while waiting:
        module, code = waiting.pop()
        if code not in seen:
            seen.add(code)
            asked.update(_asked(module, code))
            waiting.extend(_called(module, code, shared))
    return Exposure(notebook.name, constants["TITLE"], constants["QUESTION"], frozenset(asked))


def _constants(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text


def _asked(module: _Module, code: ast.AST) -> Iterator[str]:
    """Yield the names in the queries that a piece of code asks."""
    for node in ast.walk(code):
        match node:
            case ast.Call(func=ast.Attribute(attr="ask"), args=[ast.Constant(value=str(sql)), *_]):
                yield from (table.name for table in tables_of(parse_one(sql, dialect=DIALECT)))
            case ast.Call(func=ast.Attribute(attr="ask"), lineno=line):
                raise ValueError(
                    f"{module.name}, line {line}: a query that is no text tells nothing."
                )


def _called(
    module: _Module, code: ast.AST, shared: Mapping[str, _Module]
) -> Iterator[tuple[_Module, ast.AST]]:
    """Yield the functions that a piece of code names, in its own module and in the shared ones."""
    for node in ast.walk(code):
        match node:
            case ast.Name(id=name) if name in module.functions:
                yield module, module.functions[name]
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in shared:
                if name in shared[owner].functions:
                    yield shared[owner], shared[owner].functions[name]
