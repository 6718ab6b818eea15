"""Objects of a bucket or files of a folder: listed, read, and written by `publish` alone."""

from .model import BucketError, Level, NoObjectError, Opened, Store, Stored
from .opening import open_store

__all__ = ["BucketError", "Level", "NoObjectError", "Opened", "Store", "Stored", "open_store"]
