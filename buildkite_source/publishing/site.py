"""A site in a folder or bucket: what is new is written, what is no longer of it is removed."""

import json
from hashlib import sha256
from mimetypes import MimeTypes

from buildkite_source.buckets import BucketError, NoObjectError, Store

# What was made here, and of what content. Nothing else is ever removed or written over.
MANIFEST = "published.json"
# Those of the system differ from machine to machine, and a browser runs no script of another type.
_TYPES = MimeTypes()
for _ending, _type in {
    ".js": "text/javascript",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}.items():
    _TYPES.add_type(_type, _ending)


class Site:
    """A site that is being made anew.

    A run that is killed leaves pages that are whole, old or new; the next run knows all of them,
    as each is in the manifest before it is written.

    Args:
        store: Where it lies.
        names: Of all that it is going to have.

    Attributes:
        written: Files that were written.
        unchanged: Files that were as they are.
        removed: Files that were removed.

    Raises:
        BucketError: The store cannot be read or written, or holds files of these names that were
            not made here.
    """

    def __init__(self, store: Store, names: list[str]) -> None:
        self._store = store
        self._before = _manifest(store)
        present = {stored.key for stored in store.below("")}
        foreign = sorted(present.intersection(names) - self._before.keys() - {MANIFEST})
        if foreign:
            raise BucketError(
                f"{store.name} holds {foreign[0]}, which was not published from here: choose "
                "another place, or remove it."
            )
        # What is gone has to be written again.
        self._known = {name: told for name, told in self._before.items() if name in present}
        self._made: dict[str, str] = {}
        self.written = self.unchanged = self.removed = 0
        self._note({**dict.fromkeys(names, ""), **self._before})

    def put(self, name: str, content: bytes) -> None:
        """Write a file, unless it is there with this content."""
        told = sha256(content).hexdigest()
        self._made[name] = told
        if self._known.get(name) == told:
            self.unchanged += 1
            return
        media_type = _TYPES.guess_type(name)[0] or "application/octet-stream"
        self._store.write(name, content, media_type)
        self.written += 1

    def finish(self) -> None:
        """Remove what was made by earlier runs and is no longer of the site."""
        for name in sorted(self._before.keys() - self._made.keys()):
            self._store.remove(name)
            self.removed += 1
        self._note(self._made)

    def _note(self, files: dict[str, str]) -> None:
        text = json.dumps({"files": files}, indent=1, sort_keys=True)
        self._store.write(MANIFEST, text.encode(), "application/json")


def _manifest(store: Store) -> dict[str, str]:
    try:
        files = json.loads(store.read(MANIFEST))["files"]
        return {str(name): str(told) for name, told in files.items() if _is_inside(name)}
    except NoObjectError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BucketError(
            f"{store.name} holds a {MANIFEST} that cannot be read: remove what is there, or choose "
            "another place."
        ) from None


def _is_inside(name: str) -> bool:
    # Whoever may write there must not choose what is removed elsewhere.
    return not name.startswith("/") and ".." not in name.split("/") and "\\" not in name
