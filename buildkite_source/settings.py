"""Defaults a user can override by argument, `.dlt/config.toml` or environment."""

from importlib.metadata import PackageNotFoundError, version

BASE_URL = "https://api.buildkite.com/v2"
SINCE = "30d"
BUDGET_SHARE = 0.9
PER_PAGE = 100
OPEN_DAYS = 90
RECHECK_DAYS = 7
LOST_REQUESTS = 50
BLOCKED_REQUESTS = 50
MAX_AGE = "30d"
ENV_WHERE = "true"
ANNOTATIONS_BY = "auto"
PERSONAL_DATA = "keep"

try:
    __version__ = version("buildkite-source")
except PackageNotFoundError:  # copied as a plain dlt source folder
    __version__ = "0"

USER_AGENT = f"buildkite-source/{__version__} (dlt)"
