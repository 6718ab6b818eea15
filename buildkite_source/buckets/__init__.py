"""Objects of a bucket or files of a folder: listed and read, never written."""

from .model import BucketError, Level, NoObjectError, Opened, Place, Stored
from .opening import open_place

__all__ = ["BucketError", "Level", "NoObjectError", "Opened", "Place", "Stored", "open_place"]
