"""Whether the columns of a table are those of rows for `act`, told once and not row by row."""

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from buildkite_source.actions.asked import COLUMNS
from buildkite_source.actions.definitions import ACTIONS
from buildkite_source.printable import one_line
from buildkite_source.settings import SettingError

_KNOWN = (*COLUMNS, *(one.name for action in ACTIONS.values() for one in action.fields))
_NEEDED = ("key", "action")
_LONGEST = 40
_EXPECTED = (
    f"Expected are {', '.join(COLUMNS)}, and the fields of the actions (docs/actions.md); "
    f"{' and '.join(_NEEDED)} are needed."
)


def check_columns(where: str, names: Iterable[str]) -> None:
    """Refuse a table with other columns than rows can have.

    Args:
        where: Where the names stand.
        names: As they were read.

    Raises:
        SettingError: With the names that were read, those there are, and which are near.
    """
    read = [*names]
    twice = [name for name, times in Counter(read).items() if times > 1]
    wrong = [name for name in read if name not in _KNOWN]
    missing = [name for name in _NEEDED if name not in read]
    if not (twice or wrong or missing):
        return
    near = {name: found for name in wrong if (found := _nearest(name))}
    for other, called in ((";", "semicolons"), ("\t", "tabs")):
        if set(read[0].split(other)) & set(_KNOWN) and other in read[0]:
            raise SettingError(f"{where}: the columns stand between {called}; commas are needed.")
    if len(wrong) == len(read) and 2 * len(near) <= len(read):
        # Where no names stand, something else does, which may be a secret.
        raise SettingError(f"{where}: none of the columns that rows have is named. {_EXPECTED}")
    shown = ", ".join(one_line(name)[:_LONGEST] or "(blank)" for name in read)
    told = [f"{where}: the columns are {shown}."]
    told += [f"{one_line(name)[:_LONGEST]!r} may be {known!r}." for name, known in near.items()]
    told += [f"There are two of {one_line(name)[:_LONGEST]!r}." for name in twice]
    raise SettingError(" ".join([*told, _EXPECTED]))


def _nearest(name: str) -> str | None:
    written = "_".join(name.strip().lower().replace("-", "_").split())
    found = get_close_matches(written, _KNOWN, 1, 0.75)
    return found[0] if found else None
