"""Makes the views in a pipeline's destination, when they are not there as they should be."""

from dataclasses import replace

from dlt import Pipeline
from dlt.common.destination.exceptions import DestinationException
from dlt.destinations.job_client_impl import SqlJobClientBase
from sqlglot.errors import SqlglotError

from .dataset import Dataset, Made, in_short
from .materialized import materializable
from .refresh import Materialized, Tell
from .views import Given, every_view, possible


def _nobody(done: int, total: int) -> None:
    """Hear nothing."""


def create_views(
    pipeline: Pipeline,
    given: Given | None = None,
    *,
    again: bool = False,
    anew: bool = False,
    tables_from: int | None = None,
    tell: Tell = _nobody,
) -> Made:
    """Make the metric views in the dataset of a pipeline, beside its tables.

    Views of tables that the dataset does not have are left out, and so are views that the
    destination refuses, with all that read them: those that stand are all of one version. Nothing
    is done when all are there as they should be; else all are replaced, in one transaction where
    the destination has transactions for it, so that nobody finds them missing. A destination that
    cannot is no error.

    Heavy views can be kept as tables, which are brought up to date for the builds that changed. If
    that fails, they are views again.

    Args:
        pipeline: Its destination, dataset and schema count.
        given: What users set for the views.
        again: Try again to make those that the destination refused.
        anew: Work out all rows of views that are kept as tables, whatever is known of them.
        tables_from: With as many jobs heavy views are kept as tables, where the destination has
            transactions; None: with no number of them.
        tell: Hears how many builds are worked out for the tables, and of how many.
    """
    given = given or Given()
    try:
        if not pipeline.default_schema_name:
            # A fresh worker knows no schema yet; the destination does.
            pipeline.sync_destination()
        if not pipeline.default_schema_name:
            return Made(reason="nothing is loaded yet")
        with pipeline.destination_client() as client:
            if not isinstance(client, SqlJobClientBase):
                return Made(
                    reason="files hold none; notebooks and the report work them out as they ask"
                )
            dataset = Dataset(pipeline, client, given)
            if not dataset.has_transactions:
                return dataset.refresh(again=again)
            tables = Materialized(client, given, dataset.tables, dataset.fingerprint())
            refreshed, trouble = 0, ""
            try:
                refreshed = _keep(dataset, tables, tables_from, tell, anew=anew)
            except (DestinationException, SqlglotError) as error:
                # What stands is not of today.
                dataset.kept, trouble = frozenset(), in_short(error)
            made = dataset.refresh(again=again)
            return replace(made, refreshed=refreshed, not_kept=trouble)
    except DestinationException as error:
        return Made(reason=in_short(error))


def _keep(
    dataset: Dataset, tables: Materialized, tables_from: int | None, tell: Tell, *, anew: bool
) -> int:
    """Have the heavy views read tables that are up to date, or none; return the builds of it."""
    refreshed = 0
    if tables_from is None or tables.jobs < tables_from:
        _give_up(dataset, tables, tables.all)
    elif anew or not tables.is_up_to_date():
        views = materializable(possible(every_view(), dataset.tables))
        _give_up(dataset, tables, tables.all if anew else tables.outdated(views))
        refreshed = tables.refresh(views, tell)
    dataset.kept = tables.kept
    return refreshed


def _give_up(dataset: Dataset, tables: Materialized, names: frozenset[str]) -> None:
    """Take tables away of which the definition is another, once no view reads them."""
    if names:
        dataset.kept = tables.kept - names
        dataset.refresh(again=True)
        tables.drop(names)
