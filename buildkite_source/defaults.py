"""What more than one module needs to know, and none has to import dlt for."""

from importlib.metadata import PackageNotFoundError, version

# Of dlt's configuration, in which settings stand.
SECTIONS = ("sources", "buildkite_source")
# The API's largest page.
PER_PAGE = 100
# Builds created so many days ago are no longer followed.
OPEN_DAYS = 90
# The command line's pipeline and dataset, and those of its demo.
PIPELINE = "buildkite_pipeline"
DATASET = "buildkite_data"
DEMO_PIPELINE = "buildkite_demo"
DEMO_DATASET = "buildkite_demo_data"
# How far back a first run reaches.
SINCE = "30d"
# Requests that one run spends on details and logs.
MAX_REQUESTS = 500
# With as many jobs, metric views that take long are kept as tables.
METRIC_TABLES_FROM = 1_000_000
# Pages of history that one run loads at once.
PAGES_PER_LOAD = 25
# Builds of exports that one run loads at once.
EXPORTS_PER_LOAD = 2_500
# The command that reads them, and asks the API for nothing.
EXPORTS = "exports"
# Seconds that the signature of a webhook may be old, or ahead; and the largest body that is taken.
REPLAY_SECONDS = 300.0
MOST_EVENT_BYTES = 4 << 20

try:
    __version__ = version("buildkite-source")
except PackageNotFoundError:  # copied as a plain dlt source folder
    __version__ = "0"

USER_AGENT = f"buildkite-source/{__version__} (dlt)"
