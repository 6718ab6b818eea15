"""Types of arguments: text in, a value or a message out."""

import argparse
import re
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from buildkite_source.windows import check_since, parse_duration

_LAST_PORT = 65_535
_WORDS = {"true": True, "false": False, "null": None}
# As JSON has them: a commit of digits with a zero in front is text.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")


def name(text: str) -> str:
    """Return a name without the blanks around it."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a name is needed, and this is blank")
    return text.strip()


def since(text: str) -> str:
    """Return a date or duration as it is, once it is known to be one."""
    try:
        check_since(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def duration(text: str) -> timedelta:
    """Return a duration such as `2h`, which is more than none."""
    try:
        found = parse_duration(text)
    except ValueError:
        found = None
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration, such as 90m, 2h or 1d")
    return found


def size(text: str) -> int:
    """Return a number such as `500`, `64K` or `2G`."""
    match = re.fullmatch(r"([0-9]{1,12})([KMG]?)(i?B)?", text.strip(), re.IGNORECASE)
    if not match or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0, such as 500, 64K or 2G")
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2].upper()]


def port(text: str) -> int:
    """Return the number of a port; 0 for any free one."""
    if not text.strip().isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, which is a number up to 65535")
    return int(text)


def zone(text: str) -> ZoneInfo:
    """Return a time zone by its name."""
    try:
        return ZoneInfo(text.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(
            f"there is no time zone {text!r}; use a name such as UTC or Europe/Berlin"
        ) from None


def resources(text: str) -> str:
    """Return names of tables and groups as they are, once they are known to be some."""
    # It knows all endpoints, which takes a second to import.
    from buildkite_source.load.choice import chosen
    from buildkite_source.settings import SettingError

    try:
        chosen(text)
    except SettingError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def pair(text: str) -> tuple[str, str]:
    """Return name and value, both text; neither is in a message, as it may be a secret."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError("NAME=VALUE is needed")
    return name.strip(), value


def field(text: str) -> tuple[str, str | int | float | bool | None]:
    """Return name and value of a field; what JSON has no other form for is text."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError("NAME=VALUE is needed")
    if value in _WORDS:
        return name.strip(), _WORDS[value]
    if _INTEGER.fullmatch(value):
        return name.strip(), int(value)
    return name.strip(), float(value) if _NUMBER.fullmatch(value) else value
