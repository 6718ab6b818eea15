"""The metric views in the destination: after each load, or on their own."""

from contextlib import ExitStack
from typing import Any

from dlt import Pipeline
from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException

from buildkite_source.answers.given import given_by
from buildkite_source.metrics import READS, Made, create_views
from buildkite_source.settings import SettingError, Views, configured

from .progress import RunProgress
from .report import location_of

# Builds whose metric tables take longer than a person waits without a word.
_WORTH_SHOWING = 5_000


def make_views(
    pipeline: Pipeline, progress: RunProgress | None = None, *, anew: bool = False
) -> tuple[str, bool]:
    """Make the views of what is loaded, whatever the setting says.

    Args:
        pipeline: Where it is loaded.
        progress: Hears how far the tables are that views are kept in.
        anew: Work out all rows of these tables, whatever is known of them.

    Returns:
        What became of them, for people, and whether all are there that can be.

    Raises:
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    pipeline.sync_destination()
    if pipeline.first_run:
        return f"Nothing is loaded yet: {location_of(pipeline)}.", True
    settings = configured(Views)
    made = _make(pipeline, settings, progress or RunProgress(), again=True, anew=anew)
    told = _told(made) or "Metric views: all are there as they should be."
    return told, not (made.reason or made.left_out or made.not_kept)


def refresh_views(pipeline: Pipeline, progress: RunProgress) -> str:
    """Make the views after a load, unless they are turned off, and say what became of them.

    Nothing is said where they are there already.

    What is loaded is loaded: a setting that cannot be used is told in that line.
    """
    try:
        settings = configured(Views)
        return _told(_make(pipeline, settings, progress)) if settings.metric_views else ""
    except (ConfigValueCannotBeCoercedException, SettingError) as error:
        return f"Metric views were not made: {error}"


def _make(
    pipeline: Pipeline,
    settings: Views,
    progress: RunProgress,
    *,
    again: bool = False,
    anew: bool = False,
) -> Made:
    least = settings.metric_tables_from
    with ExitStack() as shown:

        def tell(done: int, total: int) -> None:
            if total < _WORTH_SHOWING:
                return
            if not done:
                step: Any = progress("Metric tables")  # dlt gives it no type
                shown.enter_context(step)
            progress.shown("metric tables", done, total, "builds")

        return create_views(
            pipeline,
            given_by(settings),
            again=again,
            anew=anew,
            tables_from=None if least < 0 else least,
            tell=tell,
        )


def _told(made: Made) -> str:
    return "\n".join(filter(None, (_told_of_views(made), _told_of_tables(made))))


def _told_of_tables(made: Made) -> str:
    if made.not_kept:
        return f"Metric views are not kept as tables, and take longer to read: {made.not_kept}"
    return f"Metric tables: {made.refreshed:,} builds worked out." if made.refreshed else ""


def _told_of_views(made: Made) -> str:
    if made.reason:
        return f"Metric views were not made: {made.reason}."
    if not made.left_out:
        told = f"Metric views: {made.views} made, explained in docs/metrics.md."
        return told if made.views else ""
    refused = {name: why for name, why in made.left_out.items() if not why.startswith(READS)}
    of = f"{made.views} of {made.views + len(made.left_out)}"
    lines = [f"Metric views: {of} made. Left out, because of what the destination says:"]
    lines += [f"  {name}: {why}" for name, why in refused.items()]
    if resting := sorted(made.left_out.keys() - refused.keys()):
        lines.append(f"  and what reads these: {', '.join(resting)}")
    return "\n".join(lines)
