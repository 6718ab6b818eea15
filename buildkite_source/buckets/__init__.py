"""Objects of a bucket or files of a folder: listed and read, never written."""

from .model import BucketError, Level, NoObjectError, Opened, Store, Stored
from .opening import open_store

__all__ = ["BucketError", "Level", "NoObjectError", "Opened", "Store", "Stored", "open_store"]
