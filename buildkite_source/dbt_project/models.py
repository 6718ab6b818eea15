"""The metric views as models: their own SQL, on references."""

from collections.abc import Container, Sequence

from sqlglot import exp

from buildkite_source.metrics import Given, View, statement

from .incremental import Incremental
from .relations import jinja, ref, source


class _Variables(Given):
    """What users set is asked of models, which read it from variables."""

    def tables(self) -> dict[str, exp.Query]:
        """Return nothing that is to stand in a view itself."""
        return {}


def model(view: View, tables: Container[str], incremental: Incremental, dialect: str) -> str:
    """Return the SQL of a view's model.

    Args:
        view: The view.
        tables: Those of the dataset; whatever else it reads is a model.
        incremental: The models that follow what has changed.
        dialect: As sqlglot names it.
    """
    if view in incremental:
        return incremental.model(view, _Variables())

    def path(name: str) -> Sequence[exp.Expr | None]:
        return None, jinja(source(name) if name in tables else ref(name))

    return statement(view, dialect, path, _Variables())
