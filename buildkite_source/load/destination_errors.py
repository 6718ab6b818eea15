"""What a destination refuses: it is held, or away, or its user may not do what this takes."""

import re

from dlt.destinations.exceptions import DestinationConnectionError

# Drivers differ in modules; these names Python's database API, boto and others have in common.
_OF_DATABASES = "OperationalError"
_OF_RIGHTS = "InsufficientPrivilege"
_OF_STORES = "ClientError"
# MySQL and MariaDB, which have no name for it: a database, a table. ClickHouse has a number.
_DENIED = re.compile(r"\((?:1044|1142), |command denied to user|Not enough privileges")


def of_destination(error: BaseException, destination: str, said: str) -> str | None:
    """Return what to do about an error of a destination; None if it is none.

    Args:
        error: One of the causes of a failure.
        destination: Name of the dlt destination.
        said: The error's words, as a sentence.
    """
    text, kind = str(error), type(error).__name__
    if "Could not set lock on file" in text or "being used by another process" in text:
        return (
            f"The DuckDB file is open in another process, and DuckDB takes one writer at a "
            f"time: {said} Close that program (a notebook, a DuckDB shell, "
            "another run) and run again; nothing is lost."
        )
    if kind == _OF_RIGHTS or (kind == _OF_DATABASES and _DENIED.search(text)):
        return (
            f"The user of the destination {destination} may not do what this takes: {said} A load "
            "makes the dataset, another whose name ends in _staging, and tables and views in both; "
            "what only reads has to see them. What was loaded before is kept."
        )
    # Stores say so without a number of the system's.
    if kind == _OF_STORES or (isinstance(error, PermissionError) and error.errno is None):
        return (
            f"The storage of the destination {destination} refuses: {said} Check that the bucket "
            "is there, its region, and what the key is allowed to do; what was loaded before is "
            "kept."
        )
    if isinstance(error, ConnectionError):
        return (
            f"The destination {destination} cannot be reached: {said} Check that it runs, the "
            "network, and its settings; what was loaded before is kept."
        )
    if isinstance(error, DestinationConnectionError) or kind == _OF_DATABASES:
        return (
            f"The destination {destination} could not be opened: {said} Check "
            "that it runs, and its settings; what was loaded before is kept."
        )
    return None
