"""What is kept of a table: without secrets and personal data, unless they are asked for."""

from collections.abc import Callable

from buildkite_source.settings import Privacy, SettingError
from buildkite_source.tables import PersonalData, Table, protected

# Returns a table without what is not to be kept of it.
Keep = Callable[[Table], Table]


def keeper(privacy: Privacy) -> Keep:
    """Return what takes from a table what is not to be kept.

    Raises:
        SettingError: `personal_data` is none of its values.
    """
    try:
        personal = PersonalData(privacy.personal_data)
    except ValueError:
        known = ", ".join(PersonalData)
        raise SettingError(
            f"The setting personal_data must be one of {known}, unlike {privacy.personal_data!r}."
        ) from None

    def keep(table: Table) -> Table:
        table = table if privacy.include_secrets else table.without_secrets()
        return protected(table, personal, privacy.personal_salt or "")

    return keep
