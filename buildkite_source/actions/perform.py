"""Carries actions out: at most once a key, whatever happens in between."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dlt import Pipeline

from buildkite_source.settings import Acting, Connection

from .outcome import Outcome


class Actor:
    """Looks at rows, refuses what is not allowed, and carries out the rest, each key once."""

    def perform(self, rows: Iterable[Mapping[str, Any]], *, dry: bool = True) -> list[Outcome]:
        """Carry out what rows ask for, in their order.

        Args:
            rows: `key`, `action`, `organization`, `pipeline`, `number`, `job_id`, `agent_id`,
                `reason`, `requested_by`, and the action's own fields; see docs/actions.md.
            dry: Send nothing: say what would be done.

        Returns:
            What became of each, which the table `actions` has as well.
        """
        raise NotImplementedError


@contextmanager
def actor_of(
    pipeline: Pipeline,
    *,
    connection: Connection | None = None,
    settings: Acting | None = None,
    requested_by: str | None = None,
) -> Iterator[Actor]:
    """Open what acts, with its ledger in the destination of a pipeline.

    Args:
        pipeline: Of the warehouse: what `buildkite-pipeline` loads into.
        connection: How to reach the API, in place of the configuration; its token only reads.
        settings: What may be asked, in place of the configuration.
        requested_by: Who asks, where a row does not say.

    Raises:
        BusyError: Another run of the pipeline is under way on this machine.
    """
    del pipeline, connection, settings, requested_by
    raise NotImplementedError
    yield
