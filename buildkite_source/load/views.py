"""The metric views in the destination: after each load, or on their own."""

from collections.abc import Mapping
from typing import Any

from dlt import Pipeline
from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException

from buildkite_source.metrics import BY_STATE, Given, create_views
from buildkite_source.settings import History, SettingError, Views, configured

from .report import location_of


def make_views(pipeline: Pipeline) -> str:
    """Make the views of what is loaded, whatever the setting says, and return a line on it.

    Raises:
        Exception: Of dlt or the destination, for `advice.explain`.
    """
    pipeline.sync_destination()
    if pipeline.first_run:
        return f"Nothing is loaded yet: {location_of(pipeline)}."
    return _make(pipeline, configured(Views)) or "Metric views: all are there as they should be."


def refresh_views(pipeline: Pipeline) -> str:
    """Make the views after a load, unless they are turned off, and return a line; "" if unchanged.

    What is loaded is loaded: a setting that cannot be used is told in that line.
    """
    try:
        settings = configured(Views)
        return _make(pipeline, settings) if settings.metric_views else ""
    except (ConfigValueCannotBeCoercedException, SettingError) as error:
        return f"Metric views were not made: {error}"


def _make(pipeline: Pipeline, settings: Views) -> str:
    given = Given(
        queue_prices=_prices(settings.queue_prices or {}),
        deploying_pipelines=settings.deploying_pipelines or (),
        blocked_builds=_counts("blocked_builds", settings.blocked_builds),
        blocked_builds_by_pipeline={
            slug: _counts(f"blocked_builds_by_pipeline, {slug},", counts)
            for slug, counts in (settings.blocked_builds_by_pipeline or {}).items()
        },
        open_days=configured(History).open_days,
    )
    made = create_views(pipeline, given)
    if made.reason:
        return f"Metric views were not made: {made.reason}."
    return f"Metric views: {made.views} made, explained in docs/metrics.md." if made.views else ""


def _counts(setting: str, found: Any) -> str:
    if found not in (BY_STATE, "open"):
        raise SettingError(
            f"The setting {setting} must be {BY_STATE} or open, unlike {found!r}: what builds that "
            "stand at a block step count as."
        )
    return str(found)


def _prices(found: Mapping[str, Any]) -> dict[str, float]:
    for queue, price in found.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or price < 0:
            raise SettingError(
                f"The setting queue_prices must hold a price per hour for each queue, unlike "
                f"{queue} = {price!r}."
            )
    return {queue: float(price) for queue, price in found.items()}
