"""The Parquet files of the filesystem destination in a Spark catalog: latest rows, metric views."""

from .register import Registered, register
from .session import SparkError, open_session

__all__ = ["Registered", "SparkError", "open_session", "register"]
