"""Exceptions → one paragraph that says what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigValueCannotBeCoercedException,
)
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.common.destination.exceptions import InvalidDestinationReference, UnknownDestinationModule
from dlt.common.exceptions import MissingDependencyException

from buildkite_source.client import BuildkiteError

from .destination_errors import of_destination
from .disk_errors import of_disk
from .report import Report

_SECRETS = ".dlt/secrets.toml"
_CONFIG = ".dlt/config.toml"
# How a value of a type is written, also in the environment.
_FORMS = {"list": ', such as ["one", "two"]', "dict": ', such as {"one": 1}'}


class RejectedRowsError(BuildkiteError):
    """Rows could not be used, and the setting makes that a failure; all others are loaded.

    Attributes:
        report: Of the run.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(
            f"The API sent {len(report.rejected):,} objects that lack what their tables cannot be "
            "without: see the table rejected. Everything else is loaded; this is a failure because "
            'of the setting rejected_rows = "fail".'
        )


def explain(error: BaseException, destination: str) -> str:
    """Return a paragraph for people; never a traceback.

    Args:
        error: What was raised; its causes are searched for the one that tells most.
        destination: Name of the dlt destination, for advice on it.
    """
    last = innermost(error)
    return known(error, destination) or (
        f"A value cannot be used: {_first_line(last)}"
        if type(last) is ValueError
        else f"Something unexpected went wrong: {type(last).__name__}: {_first_line(last)} "
        "Run again with --verbose to see where. What was loaded before is kept."
    )


def known(error: BaseException, destination: str) -> str | None:
    """Return the paragraph on an error whose cause is known; None for any other.

    Args:
        error: As for `explain`.
        destination: As for `explain`.
    """
    every = list(causes(error))
    for cause in every:
        if isinstance(cause, BuildkiteError):
            return str(cause)
    # dlt repeats the text of a cause in the errors around it, so databases are read inside out.
    texts = [of_disk(reversed(every), destination)]
    texts += [_of_configuration(cause, destination) for cause in every]
    texts += [_of_api(cause) for cause in every]
    texts += [_of_destination(cause, destination) for cause in reversed(every)]
    return next(filter(None, texts), None)


def may_pass(error: BaseException, destination: str) -> bool:
    """Whether a load that failed so may succeed later: its surroundings failed, or Ctrl-C."""
    passing = (ConnectionError, TimeoutError, MemoryError)
    return (
        stopped(error)
        or known(error, destination) is not None
        or any(isinstance(cause, passing) for cause in causes(error))
    )


def innermost(error: BaseException) -> BaseException:
    """Return the first cause of an error."""
    return list(causes(error))[-1]


def stopped(error: BaseException) -> bool:
    """Whether Ctrl-C is the cause; dlt wraps it while it prepares or loads files."""
    return any(isinstance(cause, KeyboardInterrupt) for cause in causes(error))


def _of_configuration(error: BaseException, destination: str) -> str | None:
    if isinstance(error, ConfigFieldMissingException):
        return _of_missing_settings(error, destination)
    if isinstance(error, ConfigValueCannotBeCoercedException):
        kind = getattr(error.hint, "__name__", "value of its type")
        form = _FORMS.get(kind, "")
        return (
            f"The setting {error.field_name} cannot be used: it is no {kind}{form}. Correct it in "
            f"{_CONFIG}, {_SECRETS} or the environment."
        )
    if isinstance(error, TomlProviderReadException):
        return f"The settings in .dlt/{error.file_name} cannot be read: {_last_line(error)}"
    if isinstance(error, MissingDependencyException):
        packages = " ".join(f"'{name}'" for name in error.dependencies)
        return (
            f"The destination {destination} needs packages that are not installed. "
            f"Install them with: pip install {packages}"
        )
    if isinstance(error, UnknownDestinationModule | InvalidDestinationReference):
        return (
            f"There is no destination named {destination!r}. Use a dlt destination such as "
            "duckdb, postgres, bigquery, snowflake, databricks or filesystem."
        )
    if isinstance(error, ModuleNotFoundError):
        return (
            f"A package is missing: {error.name}. If the destination {destination} needs it, "
            f"install: pip install 'dlt[{destination}]'"
        )
    return None


def _of_api(error: BaseException) -> str | None:
    # dlt's words, where what is asked for object by object hangs on one that lacks a field.
    if isinstance(error, ValueError) and "expects a field" in str(error):
        words = _first_line(error).partition(" in order to")[0]
        return (
            f"The API sent an object without what is needed to ask for what hangs on it: {words}. "
            "Choose other --resources to go on without; what was loaded before is kept."
        )
    return None


def _of_missing_settings(error: ConfigFieldMissingException, destination: str) -> str:
    keys = list(_keys(error.traces))
    if not keys:
        return f"Settings are missing: {', '.join(error.fields)}."
    names = ", ".join(key.rpartition("__")[2].lower() for key in keys)
    section = keys[0].rpartition("__")[0].lower().replace("__", ".")
    return (
        f"The destination {destination} lacks settings: {names}. Put them into {_SECRETS} "
        f"under [{section}], or into the environment as {', '.join(keys)}."
    )


def _keys(traces: Mapping[str, Any]) -> Iterator[str]:
    """Yield the environment variable that would supply each missing setting.

    dlt lists for each the places it looked at. A setting that is made of settings has lists of
    its own, one per form it can take; the first is the usual one.
    """
    for places in traces.values():
        forms = [place.traces for place in places if hasattr(place, "traces")]
        yield from _keys(forms[0] if forms else {})
        tried = [place.key for place in places if hasattr(place, "key")]
        yield from [key for key in tried if key.startswith("DESTINATION__")][:1]


def _of_destination(error: BaseException, destination: str) -> str | None:
    reason = getattr(error, "inner_exc", error)
    return of_destination(error, destination, _first_line(reason))


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what caused it, outermost first."""
    seen: set[int] = set()
    current: Any = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        # How generators end is a context of whatever is raised then, and no cause.
        if not isinstance(current, StopIteration):
            yield current
        inner = getattr(current, "exception", None)
        context = None if current.__suppress_context__ else current.__context__
        current = inner if isinstance(inner, BaseException) else current.__cause__ or context


def _first_line(error: BaseException) -> str:
    return _sentence(_lines(error)[0])


def _last_line(error: BaseException) -> str:
    return _sentence(_lines(error)[-1])


def _lines(error: BaseException) -> list[str]:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines or [type(error).__name__]


def _sentence(text: str) -> str:
    text = text if len(text) <= 400 else text[:400] + "…"
    return text if text.endswith((".", "!", "?", "…")) else text + "."
