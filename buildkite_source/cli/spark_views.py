"""`spark-views`: the loaded files in a Spark catalog."""

from argparse import Namespace

from buildkite_source.spark import open_session, register
from buildkite_source.warehouse.reader import Dataset


def spark_views(chosen: Namespace) -> int:
    """Register what is loaded, say what was made, and return the exit code: 1 if not all was.

    Args:
        chosen: The arguments.

    Raises:
        SparkError: Spark, Java or the files are not there.
    """
    dataset = Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset)
    made = register(open_session(), dataset)
    if not chosen.quiet:
        tables, views = len(made.tables), len(made.views)
        print(f"Spark: {tables} tables and {views} metric views in {made.database}.")  # noqa: T201
    for name, reason in made.left_out.items():
        print(f"  left out: {name}: {reason}")  # noqa: T201
    return 1 if made.left_out else 0
