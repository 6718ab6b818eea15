"""A dlt destination whose rows are actions."""

from collections.abc import Callable
from typing import Any

import dlt
from dlt import Pipeline
from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration, configspec
from dlt.common.destination import Destination

from buildkite_source.settings import Acting, Connection

from .outcome import Outcome
from .perform import actor_of

NAME = "buildkite_actions"
# Rows carried out at once; a batch that fails is handed over again by dlt.
_BATCH = 100
_DLT = "_dlt_"


@configspec
class ActionsDestination(BaseConfiguration):
    """Settings in `[destination.buildkite_actions]`."""

    dry: bool = True


def buildkite_actions(
    warehouse: Pipeline,
    *,
    dry: bool | None = None,
    connection: Connection | None = None,
    settings: Acting | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> Destination[Any, Any]:
    """Return a destination that carries out the rows it is given, each key once.

        warehouse = dlt.pipeline("buildkite_pipeline", destination="duckdb", dataset_name="ci")
        act = dlt.pipeline("act", destination=buildkite_actions(warehouse, dry=False))
        act.run([{"key": "k", "action": "rebuild", "organization": "acme", …}], table_name="wanted")

    A row that is refused or fails is no failure of the load: the table `actions` tells. What cannot
    be written down at all, or has no token, is; dlt then hands the rows over again, of which none
    is carried out twice.

    Args:
        warehouse: The pipeline whose destination has the ledger.
        dry: Send nothing; by default as `[destination.buildkite_actions] dry` says, else True.
        connection: How to reach the API, in place of the configuration.
        settings: What may be asked, in place of the configuration.
        on_outcome: Hears of each outcome.
    """

    @dlt.destination(
        name=NAME,
        batch_size=_BATCH,
        naming_convention="direct",
        skip_dlt_columns_and_tables=True,
        max_table_nesting=0,
        max_parallel_load_jobs=1,
    )
    def actions(items: Any, table: Any) -> None:
        del table
        wanted = resolve_configuration(ActionsDestination(), sections=("destination", NAME))
        is_dry = wanted.dry if dry is None else dry
        rows = [items] if isinstance(items, dict) else items
        with actor_of(warehouse, connection=connection, settings=settings) as actor:
            outcomes = actor.perform(rows, dry=is_dry)
        if on_outcome:
            for outcome in outcomes:
                on_outcome(outcome)

    made: Destination[Any, Any] = actions()
    return made
