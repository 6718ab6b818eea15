"""What settings have in common: where they stand, and how they are read."""

from collections.abc import Mapping
from typing import Any, TypeVar

from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration

from buildkite_source.client import BuildkiteError
from buildkite_source.defaults import SECTIONS
from buildkite_source.windows import check_since

Theme = TypeVar("Theme", bound=BaseConfiguration)


class SettingError(BuildkiteError, ValueError):
    """A setting cannot be used; the text names it."""


def picked(theme: type[Theme], given: Mapping[str, Any]) -> Theme:
    """Return the settings of one theme out of the arguments of all."""
    return theme(**{name: given[name] for name in theme().get_resolvable_fields()})


def configured(theme: type[Theme]) -> Theme:
    """Return the settings of a theme as they are configured."""
    return resolve_configuration(theme(), sections=SECTIONS)


def checked_since(text: str) -> str:
    """Return a date or duration as it is, once it is known to be one.

    Raises:
        SettingError: With a message that shows the forms.
    """
    try:
        check_since(text)
    except ValueError as error:
        raise SettingError(str(error)) from None
    return text
