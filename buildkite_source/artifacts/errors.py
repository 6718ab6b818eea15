"""Why an artifact did not arrive; the texts are for people and hold no address of the storage."""

from buildkite_source.client import BuildkiteError


class TargetError(BuildkiteError):
    """The target cannot be used, or does not take a file."""


class StorageError(BuildkiteError):
    """The storage host does not give the content."""


class WrongContentError(BuildkiteError):
    """What the storage host gives is not what the API says: another size or SHA-1."""


class GoneError(BuildkiteError):
    """The API knows the artifact no more: deleted, expired, or hidden from this token."""


class LeftError(BuildkiteError):
    """The bounds of this run leave no room for the artifact."""
