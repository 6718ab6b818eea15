"""Exceptions → one paragraph that says what to do."""

from collections.abc import Iterator
from typing import Any

from buildkite_source import BuildkiteError
from buildkite_source.client import MissingTokenError


def explain(error: BaseException, destination: str) -> str:
    """Return a paragraph for people; never a traceback.

    Args:
        error: What was raised; its causes are searched for the one that tells most.
        destination: Name of the dlt destination, for advice on it.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, BuildkiteError):
            return str(cause)
    for cause in causes:
        text = _of_configuration(cause, destination) or _of_database(cause)
        if text:
            return text
    last = causes[-1]
    return (
        f"Something unexpected went wrong: {type(last).__name__}: {_first_line(last)} "
        "Run again with --verbose to see where. What was loaded before is kept."
    )


def _of_configuration(error: BaseException, destination: str) -> str | None:
    kind = type(error).__name__
    if kind == "ConfigFieldMissingException":
        fields = list(getattr(error, "fields", []))
        if "access_token" in fields:
            return str(MissingTokenError())
        names = ", ".join(fields) or "a value"
        return (
            f"The destination {destination} lacks settings: {names}. Put them into "
            f".dlt/secrets.toml under [destination.{destination}.credentials], or into the "
            f"environment as DESTINATION__{destination.upper()}__CREDENTIALS."
        )
    if kind == "MissingDependencyException":
        return (
            f"The destination {destination} needs packages that are not installed. "
            f"Install them with: pip install 'dlt[{destination}]'"
        )
    if kind in ("UnknownDestinationModule", "InvalidDestinationReference", "UnknownDestination"):
        return (
            f"There is no destination named {destination!r}. Use a dlt destination such as "
            "duckdb, postgres, bigquery, snowflake, filesystem or ducklake."
        )
    if kind == "ModuleNotFoundError":
        return (
            f"A package is missing: {getattr(error, 'name', '')}. If the destination "
            f"{destination} needs it, install: pip install 'dlt[{destination}]'"
        )
    return None


def _of_database(error: BaseException) -> str | None:
    text = str(error)
    if "Could not set lock on file" in text or "being used by another process" in text:
        return (
            f"The DuckDB file is open in another process, and DuckDB takes one writer at a "
            f"time: {_first_line(error)} Close that program (a notebook, a DuckDB shell, "
            "another run) and run again; nothing is lost."
        )
    if type(error).__name__ == "DestinationConnectionError":
        return f"The destination could not be opened: {_first_line(error)}"
    if isinstance(error, OSError) and getattr(error, "errno", None) == 28:
        return "The disk is full. Free some space and run again; the run goes on where it was."
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what caused it, outermost first."""
    seen: set[int] = set()
    current: Any = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = getattr(current, "exception", None) or current.__cause__ or current.__context__


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:400]
