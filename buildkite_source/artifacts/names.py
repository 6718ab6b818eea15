"""Where an artifact goes: names that stay inside the target and do not meet each other.

A path is whatever the uploading program chose. Every rule below holds on every system, so that
a folder can be copied from one to another.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate

from .model import Artifact

PARTIAL = ".part"

# Bytes of UTF-8: file systems take 255 a component, object stores 1,024 a name.
_LONGEST_COMPONENT = 200
_LONGEST_PATH = 600
_LONGEST_SUFFIX = 20

_SEPARATORS = re.compile(r"[/\\]")
# What Windows refuses or reads as a drive, a stream or a short name, what begins the marks below,
# and what turns text around on a screen.
_UNSAFE = re.compile(r'[<>:"|?*~\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|\Z)", re.I)


def target_name(artifact: Artifact, *, unique: bool = False) -> str:
    """Return `organization/pipeline/build/job/path`: relative, with `/`, safe on every system.

    Never empty, absolute or with a component `.` or `..`; no control characters, drive letters,
    device names, trailing dots or spaces, or names of partial files; no component over 200 bytes
    and no path of an artifact over 600. Harmless paths stay as they are.

    Args:
        artifact: The artifact.
        unique: Put a digest of its id into the file name, which no other artifact has.
    """
    *folders, file = _components(artifact.path) or ["_"]
    if len("/".join([*folders, file]).encode()) > _LONGEST_PATH:
        folders = ["~" + digest("/".join(folders))]
    if unique:
        file = _marked(file, digest(artifact.id))
    owner = (artifact.organization_slug, artifact.pipeline_slug, str(artifact.build_number))
    return "/".join([*(_safe(part) for part in (*owner, artifact.job_id)), *folders, file])


def target_names(artifacts: Sequence[Artifact]) -> list[str]:
    """Return the name of each artifact, in order; different artifacts have different names.

    Names that would meet, also where upper and lower case or the forms of an accent are the
    same, or where one is a folder of another, all get the digest of their artifact's id.
    """
    plain = [target_name(artifact) for artifact in artifacts]
    owners: dict[str, set[str]] = defaultdict(set)
    folders: set[str] = set()
    for artifact, name in zip(artifacts, plain, strict=True):
        key = _key(name)
        owners[key].add(artifact.id)
        folders.update(accumulate(key.split("/")[:-1], "{}/{}".format))
    return [
        target_name(artifact, unique=True)
        if len(owners[_key(name)]) > 1 or _key(name) in folders
        else name
        for artifact, name in zip(artifacts, plain, strict=True)
    ]


def partial_name(artifact: Artifact) -> str:
    """Return the file name of what has arrived of an artifact so far."""
    known = (artifact.id, artifact.file_size, artifact.sha1sum)
    return f".{digest(repr(known))}{PARTIAL}"


def digest(text: str) -> str:
    """Return 16 hexadecimal digits that stand for a text."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _components(path: str) -> list[str]:
    return [_safe(part) for part in _SEPARATORS.split(path) if part not in ("", ".")]


def _safe(part: str) -> str:
    """Return one component without anything that has a meaning to some file system."""
    name = "".join("_" if unicodedata.category(char) in ("Cc", "Cs") else char for char in part)
    name = _SEPARATORS.sub("_", _UNSAFE.sub("_", name))
    name = name.rstrip(". ").ljust(len(name), "_") or "_"
    if _DEVICE.match(name) or (name.startswith(".") and name.lower().endswith(PARTIAL)):
        name = f"_{name}"
    return name if len(name.encode()) <= _LONGEST_COMPONENT else _marked(name, digest(part))


def _marked(name: str, mark: str) -> str:
    """Return a name with a mark before its suffix, and short enough."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    room = _LONGEST_COMPONENT - len(f"~{mark}{dot}{suffix}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore')}~{mark}{dot}{suffix}"


def _key(name: str) -> str:
    """Return what names have in common that some file system takes for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", name).casefold())
