"""Writes the files of a package, and over nothing that somebody else has written."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from buildkite_source.settings import SettingError
from buildkite_source.whole_file import write_whole

_PROJECT = "dbt_project.yml"
# Folders of a package whose files are ours; dbt writes into others.
_OURS = ("macros", "models", "tests")
_COMMENTS = {".sql": "{{# {} #}}", ".yml": "# {}", ".md": "<!-- {} -->"}
_MARK = "Written by buildkite-pipeline dbt-project: "
_MARKED = re.compile(rf"\W+{_MARK}([0-9a-f]{{16}})\W+")


def write(folder: Path, files: Mapping[str, str]) -> int:
    """Write a package into a folder, in place of an older one.

    Files of the older one that the new one does not have are deleted; what dbt or somebody else has
    put beside them stays. Each file appears under its name when it is whole.

    Args:
        folder: Made if it is not there.
        files: Text by path.

    Returns:
        Number of files that were written or deleted; 0 when all were there as they should be.

    Raises:
        SettingError: The folder holds something that is not such a package, or one with files that
            were changed by hand; or it cannot be written. Nothing is changed in the first two
            cases.
    """
    try:
        _check(folder, files)
        changes = [_put(folder / path, _marked(path, text)) for path, text in files.items()]
        older = list(_older(folder, files))
        for file in older:
            file.unlink()
    except OSError as error:
        raise SettingError(f"{folder} cannot be written: {error.strerror}.") from None
    return sum(changes) + len(older)


def _check(folder: Path, files: Mapping[str, str]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise SettingError(f"{folder} is a file: name a folder.")
    if any(folder.iterdir()) and _digest(folder / _PROJECT) is None:
        raise SettingError(
            f"{folder} holds something that is not a package of dbt-project: name another folder, "
            "or one that is empty."
        )
    written = [folder / path for path in files]
    changed = [file for file in written if os.path.lexists(file) and not _is_untouched(file)]
    changed += [file for file in _older(folder, files) if not _is_untouched(file)]
    if changed:
        names = ", ".join(file.relative_to(folder).as_posix() for file in sorted(changed)[:5])
        raise SettingError(
            f"{folder} holds files that were changed by hand: {names}. Keep the changes in a "
            "project of your own that uses the package, delete these files, and run this again."
        )


def _older(folder: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files of an older package that the new one does not have."""
    for name in _OURS:
        for file in sorted((folder / name).rglob("*.*")):
            is_new = file.relative_to(folder).as_posix() in files
            if not is_new and _digest(file) is not None:
                yield file


def _marked(path: str, text: str) -> str:
    mark = f"{_MARK}{_digest_of(text)}"
    return f"{_COMMENTS[Path(path).suffix].format(mark)}\n{text}"


def _is_untouched(file: Path) -> bool:
    found = _digest(file)
    return found is not None and found == _digest_of(_read(file).partition("\n")[2])


def _digest(file: Path) -> str | None:
    """Return the digest that a file of ours was written with; None of another."""
    if file.is_symlink() or not file.is_file():
        return None
    found = _MARKED.fullmatch(_read(file).partition("\n")[0] + " ")
    return found[1] if found else None


def _read(file: Path) -> str:
    # Git may have changed the ends of lines, and others may have written anything.
    return file.read_text(encoding="utf-8", errors="replace")


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _put(file: Path, text: str) -> bool:
    if file.exists() and _read(file) == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text.encode())
    return True
