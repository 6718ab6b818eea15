"""What settings have in common: where they stand, and how they are read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration

from buildkite_source.client import BuildkiteError
from buildkite_source.defaults import SECTIONS
from buildkite_source.windows import check_since

# Whose -1 means something.
_BELOW_ZERO = {"metric_tables_from"}

Theme = TypeVar("Theme", bound=BaseConfiguration)


class SettingError(BuildkiteError, ValueError):
    """A setting cannot be used; the text names it."""


def picked(theme: type[Theme], given: Mapping[str, Any]) -> Theme:
    """Return the settings of one theme out of the arguments of all.

    Raises:
        SettingError: A number is below 0.
    """
    return _checked(theme(**{name: given[name] for name in theme().get_resolvable_fields()}))


def configured(theme: type[Theme]) -> Theme:
    """Return the settings of a theme as they are configured.

    Raises:
        SettingError: A number is below 0.
    """
    return _checked(resolve_configuration(theme(), sections=SECTIONS))


def _checked(settings: Theme) -> Theme:
    for name in settings.get_resolvable_fields():
        value = getattr(settings, name)
        if isinstance(value, int | float) and value < 0 and name not in _BELOW_ZERO:
            raise SettingError(f"The setting {name} must be 0 or more, unlike {value}.")
    return settings


@contextmanager
def of_setting(name: str) -> Iterator[None]:
    """Have what is said of a value name the setting that holds it.

    Raises:
        SettingError: In place of a `ValueError` or `BuildkiteError`.
    """
    try:
        yield
    except (ValueError, BuildkiteError) as error:
        raise SettingError(f"The setting {name} cannot be used: {error}") from None


def checked_since(name: str, text: str) -> None:
    """Refuse what is no date and no duration.

    Raises:
        SettingError: With a message that names the setting, and shows the forms.
    """
    with of_setting(name):
        check_since(text)
